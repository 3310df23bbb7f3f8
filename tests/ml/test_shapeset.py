import math

import numpy as np
import pytest

from ml import shapeset
from ml.catalog import DATASETS

SINGLES, PAIRS = range(3), range(3, 9)


def draw(count: int, classes=None, seed: int = 0):
    images, labels = shapeset.draw(np.random.default_rng(seed), count, classes)
    return images.reshape(count, 32, 32), labels


def test_the_classes_have_the_papers_shares_in_the_catalogs_order():
    _, labels = draw(30_000)

    shares = dict(zip(DATASETS["shapeset"].classes, np.bincount(labels, minlength=9) / len(labels), strict=True))
    for name in ("triangle", "parallelogram", "ellipse"):
        assert shares[name] == pytest.approx(1 / 6, abs=0.01)
    for name in ("triangle + parallelogram", "triangle + ellipse", "parallelogram + ellipse"):
        assert shares[name] == pytest.approx(1 / 9, abs=0.01)
    for name in ("two triangles", "two parallelograms", "two ellipses"):
        assert shares[name] == pytest.approx(1 / 18, abs=0.01)


def test_a_choice_of_classes_keeps_their_proportions():
    _, labels = draw(20_000, classes=[0, 3])

    assert set(labels) == {0, 3}
    assert np.mean(labels == 0) == pytest.approx(3 / 4, abs=0.02)


def test_the_same_seed_draws_the_same_images_and_another_seed_others():
    assert np.array_equal(draw(50)[0], draw(50)[0])
    assert not np.array_equal(draw(50)[0], draw(50, seed=1)[0])


def test_objects_keep_a_pixel_from_the_edge():
    images, _ = draw(500)

    edges = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    assert np.all(edges == edges[:, :1])


def test_background_and_objects_have_grey_levels_from_opposite_ranges():
    images, _ = draw(500)

    background = images[:, 0, 0]
    assert np.all((images <= 0.45) | (images >= 0.55))
    assert np.mean(background < 0.5) == pytest.approx(0.5, abs=0.1)
    objects = images != background[:, None, None]
    assert np.all((images > 0.5)[objects] != np.broadcast_to(background[:, None, None] > 0.5, images.shape)[objects])


def test_singles_show_two_grey_levels_and_pairs_three():
    images, labels = draw(500)

    levels = np.array([len(np.unique(image)) for image in images])
    assert np.all(levels[np.isin(labels, SINGLES)] == 2)
    assert np.all(levels[np.isin(labels, PAIRS)] == 3)


def test_the_upper_object_covers_at_most_half_of_the_lower_one():
    labels = np.repeat(PAIRS, 200)

    below, above = shapeset.objects(np.random.default_rng(0), labels)

    covered = (below & above).sum((1, 2)) / below.sum((1, 2))
    assert 0.4 < covered.max() <= 0.5
    assert above.any((1, 2)).all()


@pytest.mark.parametrize(("label", "corners"), [(0, 3), (1, 4), (2, 20)])
def test_objects_have_the_mean_area_of_a_stretched_regular_polygon(label, corners):
    below, above = shapeset.objects(np.random.default_rng(0), np.full(4000, label))

    # Two independent diameters U[6.4, 25.6], so their mean product is 16².
    expected = corners / 8 * math.sin(2 * math.pi / corners) * 16**2
    assert below.sum((1, 2)).mean() == pytest.approx(expected, rel=0.04)
    assert not above.any()


def test_scaled_to_symmetric_range_the_root_mean_square_is_the_papers():
    images, _ = draw(5000)

    assert np.sqrt(np.mean((2 * images - 1) ** 2)) == pytest.approx(0.61, abs=0.01)
