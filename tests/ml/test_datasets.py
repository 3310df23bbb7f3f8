import json
from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from ml import shapeset
from ml.catalog import DATASETS
from ml.datasets import Examples, load
from ml.downloads import FILES
from ml.spec import RunSpec
from tests import published


def train_set(**changes) -> Examples:
    """The whole train set of digits, as the one batch of a pass."""
    examples = changes.get("train_size") or 1197
    return next(load(RunSpec(**{"batch_size": examples, **changes})).batches)


def rows(*parts: Examples) -> np.ndarray:
    """All examples, pixels and label, in an order that does not depend on theirs."""
    table = np.concatenate([np.column_stack([part.inputs, part.labels]) for part in parts])
    return table[np.lexsort(table.T)]


def test_digits_are_split_into_disjoint_parts_that_hold_every_example_once():
    data = load(RunSpec(scaling="none"))
    pixels, labels = load_digits(return_X_y=True)

    whole = Examples(torch.tensor(pixels), torch.tensor(labels))
    np.testing.assert_array_equal(rows(train_set(scaling="none"), data.validation, data.monitoring), rows(whole))
    assert (len(data.validation.labels), len(data.monitoring.labels)) == (300, 300)


def test_the_catalog_knows_the_training_examples_of_each_class():
    assert tuple(np.bincount(train_set().labels)) == DATASETS["digits"].train_counts


@pytest.mark.parametrize("dataset", DATASETS)
def test_validation_and_monitoring_sets_are_as_large_as_the_catalog_says_and_do_not_depend_on_the_seed(dataset, folder):
    one, other = (load(RunSpec(dataset=dataset, seed=seed), folder) for seed in (1, 2))

    assert len(one.validation.labels) == DATASETS[dataset].validation
    assert len(one.monitoring.labels) == DATASETS[dataset].monitoring
    for part in ("train", "validation", "monitoring"):
        assert torch.equal(getattr(one, part).inputs, getattr(other, part).inputs)
        assert torch.equal(getattr(one, part).labels, getattr(other, part).labels)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_metrics_train_part_is_as_large_as_the_validation_set(dataset, folder):
    data = load(RunSpec(dataset=dataset), folder)

    assert len(data.train.labels) == len(data.validation.labels)


def test_the_seed_decides_the_order_of_the_batches():
    first, again, other = (next(load(RunSpec(seed=seed)).batches) for seed in (1, 1, 2))

    assert torch.equal(first.inputs, again.inputs)
    assert not torch.equal(first.inputs, other.inputs)


def test_every_pass_is_a_new_order_of_all_examples_with_a_short_last_batch():
    batches = list(islice(load(RunSpec(train_size=50, batch_size=20)).batches, 6))

    assert [len(batch.labels) for batch in batches] == [20, 20, 10] * 2
    assert np.array_equal(rows(*batches[:3]), rows(*batches[3:]))
    assert not torch.equal(batches[0].inputs, batches[3].inputs)


def test_train_size_takes_the_first_examples_and_leaves_the_other_sets_alone():
    small, whole = load(RunSpec(train_size=50)), load(RunSpec())

    assert torch.equal(small.train.inputs, whole.train.inputs[:50])
    assert torch.equal(small.validation.inputs, whole.validation.inputs)


def test_classes_keep_only_these_labels_and_count_them_from_zero():
    data = load(RunSpec(classes=[7, 3], scaling="none"))
    whole = load(RunSpec(scaling="none"))

    for part in ("validation", "monitoring"):
        labels = getattr(whole, part).labels
        kept = (labels == 3) | (labels == 7)
        assert torch.equal(getattr(data, part).inputs, getattr(whole, part).inputs[kept])
        assert torch.equal(getattr(data, part).labels, (labels[kept] == 7).long())
    counts = DATASETS["digits"].train_counts
    assert tuple(np.bincount(train_set(classes=[3, 7], batch_size=244).labels)) == (counts[3], counts[7])


def test_the_monitoring_set_is_its_first_examples():
    few, all_ = load(RunSpec(monitor_size=17)).monitoring, load(RunSpec()).monitoring

    assert torch.equal(few.inputs, all_.inputs[:17])
    assert torch.equal(few.labels, all_.labels[:17])


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize(("scaling", "low", "high"), [("symmetric", -1, 1), ("unit", 0, 1), ("none", None, None)])
def test_pixels_are_scaled_to_the_range_that_the_spec_names(dataset, scaling, low, high, folder):
    stored_low, stored_high = DATASETS[dataset].pixel_range
    low, high = (stored_low, stored_high) if low is None else (low, high)

    stored = load(RunSpec(dataset=dataset, scaling="none"), folder).validation.inputs
    inputs = load(RunSpec(dataset=dataset, scaling=scaling), folder).validation.inputs

    assert inputs.dtype == torch.float32
    expected = low + (stored.double() - stored_low) / (stored_high - stored_low) * (high - low)
    torch.testing.assert_close(inputs.double(), expected, rtol=0, atol=1e-5)
    assert inputs.min() == pytest.approx(low, abs=0.01)
    assert inputs.max() == pytest.approx(high, abs=0.01)


def test_the_images_of_a_stream_depend_on_the_seed_but_not_on_the_batch_size():
    def images(batch_size: int, seed: int = 0) -> torch.Tensor:
        batches = load(RunSpec(dataset="shapeset", batch_size=batch_size, seed=seed)).batches
        return torch.cat([batch.inputs for batch in islice(batches, 2100 // batch_size)])

    assert torch.equal(images(300), images(2100))
    assert not torch.equal(images(2100), images(2100, seed=1))


def test_a_stream_never_repeats_an_image_nor_shows_a_held_out_one():
    data = load(RunSpec(dataset="shapeset", batch_size=1500))

    parts = [*islice(data.batches, 2), data.train, data.validation, data.monitoring]
    every = torch.cat([part.inputs for part in parts])
    assert len(torch.unique(every, dim=0)) == len(every)


def test_a_stream_with_a_train_size_is_a_fixed_set_passed_over_again_and_again():
    batches = list(islice(load(RunSpec(dataset="shapeset", train_size=1200, batch_size=600)).batches, 4))

    assert np.array_equal(rows(*batches[:2]), rows(*batches[2:]))


def test_classes_filter_a_stream():
    batch = next(load(RunSpec(dataset="shapeset", classes=[2, 5], batch_size=200)).batches)

    assert set(batch.labels.tolist()) == {0, 1}


@pytest.mark.parametrize("dataset", FILES)
def test_the_last_images_of_each_class_validate_and_the_first_ones_of_the_test_file_are_looked_at(dataset, folder):
    train, test = published.draw(dataset)
    data = load(RunSpec(dataset=dataset, scaling="none", batch_size=160), folder)

    order = np.argsort(train.labels, kind="stable").reshape(10, 20)
    for part, chosen in (
        (data.validation, np.sort(order[:, 16:].ravel())),
        (data.train, np.sort(order[:, :16].ravel())),
    ):
        assert np.array_equal(part.inputs, train.pixels[chosen][:40])
        assert np.array_equal(part.labels, train.labels[chosen][:40])
    assert np.array_equal(data.monitoring.inputs, test.pixels[:30])
    assert np.array_equal(data.monitoring.labels, test.labels[:30])
    whole = Examples(torch.tensor(train.pixels), torch.tensor(train.labels))
    np.testing.assert_array_equal(rows(next(data.batches), data.validation), rows(whole))


@pytest.mark.parametrize("dataset", FILES)
def test_classes_and_train_size_choose_among_published_images(dataset, folder):
    spec = RunSpec(dataset=dataset, classes=[7, 3], train_size=12, batch_size=12, scaling="none")
    train, test = published.draw(dataset)
    data = load(spec, folder)

    chosen = np.flatnonzero(np.isin(train.labels, [3, 7]))[:12]
    first = Examples(torch.tensor(train.pixels[chosen]), torch.tensor(train.labels[chosen] == 7))
    assert np.array_equal(rows(next(data.batches)), rows(first))
    assert torch.equal(data.train.inputs, first.inputs[:8])
    assert np.bincount(data.validation.labels).tolist() == [4, 4]
    seen = np.isin(test.labels[:30], [3, 7])
    assert np.array_equal(data.monitoring.inputs, test.pixels[:30][seen])
    assert np.array_equal(data.monitoring.labels, test.labels[:30][seen] == 7)


def test_the_catalog_knows_the_pixels_of_digits():
    pixels = train_set(scaling="none").inputs.double().numpy()

    data = DATASETS["digits"]
    assert data.pixel_mean == pytest.approx(pixels.mean(), rel=1e-6)
    assert data.pixel_square == pytest.approx((pixels**2).mean(), rel=1e-6)
    assert data.pixel_mean_square == pytest.approx((pixels.mean(axis=0) ** 2).mean(), rel=1e-6)


def test_the_catalog_knows_the_pixels_of_shapeset():
    rng = np.random.default_rng(0)
    pixels = np.concatenate([shapeset.draw(rng, 1000)[0] for _ in range(20)])

    data = DATASETS["shapeset"]
    assert data.pixel_mean == pytest.approx(pixels.mean(), abs=0.005)
    assert data.pixel_square == pytest.approx((pixels**2).mean(), abs=0.005)
    assert data.pixel_mean_square == pytest.approx((pixels.mean(axis=0) ** 2).mean(), abs=0.005)


# --- batches that go on ---

DIGITS, ENDLESS = {"dataset": "digits"}, {"dataset": "shapeset"}


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        (DIGITS | {"batch_size": 32}, [1, 31, 37, 38, 39, 76]),  # 1,197 examples: 38 batches a pass, the last of 13
        (DIGITS | {"batch_size": 7}, [141, 142, 143, 171, 172]),
        (DIGITS | {"batch_size": 1100}, [1, 2, 3]),
        (DIGITS | {"train_size": 20, "batch_size": 10}, [1, 2, 3]),
        (ENDLESS | {"batch_size": 10}, [99, 100, 101]),  # 1,000 images are drawn at a time
        (ENDLESS | {"batch_size": 300}, [3, 4]),
        (ENDLESS | {"batch_size": 1700}, [1, 2]),
    ],
    ids=str,
)
def test_batches_go_on_from_where_they_stood(settings, taken):
    spec = RunSpec(**settings, seed=3)
    data = load(spec)
    batches, places = [], []
    for batch in islice(data.batches, max(taken) + 2):
        batches.append(batch)
        places.append(json.loads(json.dumps(data.draws.place)))

    for count in taken:
        for again, batch in zip(load(spec, place=places[count - 1]).batches, batches[count:], strict=False):
            assert torch.equal(again.inputs, batch.inputs)
            assert torch.equal(again.labels, batch.labels)


def test_to_go_on_draws_no_more_than_the_last_images_again(monkeypatch):
    spec = RunSpec(**ENDLESS, batch_size=300)
    data = load(spec)
    list(islice(data.batches, 15))  # 4,500 images, of five portions

    drawn = []
    monkeypatch.setattr(shapeset, "draw", lambda *of, draw=shapeset.draw: drawn.append(of) or draw(*of))
    again = load(spec, place=data.draws.place)
    drawn.clear()  # those of the validation and of the other sets
    next(again.batches)

    assert len(drawn) == 1
