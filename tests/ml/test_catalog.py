import importlib
import math

import pytest

from ml import catalog

TABLES = {
    "activations": catalog.ACTIVATIONS,
    "initialisers": catalog.INITIALISERS,
    "optimizers": catalog.OPTIMIZERS,
    "data sets": catalog.DATASETS,
    "scalings": catalog.SCALINGS,
}


@pytest.mark.parametrize("table", TABLES)
def test_every_choice_is_found_under_its_own_name_and_has_a_label_of_its_own(table):
    entries = TABLES[table]

    assert all(name == entry.name for name, entry in entries.items())
    assert len({entry.label for entry in entries.values()}) == len(entries)


@pytest.mark.parametrize("entry", [*catalog.ACTIVATIONS.values(), *catalog.OPTIMIZERS.values()], ids=lambda e: e.name)
def test_the_torch_object_that_an_entry_names_exists(entry):
    module, _, name = entry.torch.rpartition(".")

    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("entry", catalog.DATASETS.values(), ids=lambda e: e.name)
def test_a_data_set_has_examples_of_every_class_or_is_a_stream_with_a_length_of_an_epoch(entry):
    if entry.train_counts is None:
        assert entry.epoch_examples > 0
    else:
        assert len(entry.train_counts) == len(entry.classes)


@pytest.mark.parametrize("entry", catalog.DATASETS.values(), ids=lambda e: e.name)
def test_the_statistics_of_the_pixels_are_possible_in_their_range(entry):
    low, high = entry.pixel_range

    assert low < entry.pixel_mean < high
    assert entry.pixel_mean**2 <= entry.pixel_mean_square < entry.pixel_square < high * entry.pixel_mean


@pytest.mark.parametrize(("name", "mean", "std"), [("mnist", 33.3, 78.6), ("fashion_mnist", 72.9, 90.0)])
def test_pixels_of_bytes_have_the_mean_and_the_std_that_are_known_of_them(name, mean, std):
    entry = catalog.DATASETS[name]

    assert entry.pixel_mean == pytest.approx(mean, abs=0.05)
    assert math.sqrt(entry.pixel_square - entry.pixel_mean**2) == pytest.approx(std, abs=0.05)


def test_inputs_are_the_pixels_of_all_channels():
    assert catalog.DATASETS["digits"].inputs == 64
    assert catalog.DATASETS["shapeset"].inputs == 1024
