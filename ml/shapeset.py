"""Shapeset-3x2: an endless stream of 32x32 grey images with one or two simple objects, in nine classes.

Glorot & Bengio (2010), section 2; the settings are those of the authors' generator. Every object is a regular polygon
(a triangle, a square or, for an ellipse, a 20-gon) turned, stretched along two axes and turned again.
"""

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

SIDE = 32
MARGIN = 1.0  # pixels between an object and the edge of the image
STRETCH = (0.2 * SIDE, 0.8 * SIDE)  # diameter along each axis, in pixels
GREY = 0.45  # the dark range is [0, 0.45], the light one [0.55, 1]
MAX_HIDDEN = 0.5  # share of the first object that the second one may cover

CORNERS = (3, 4, 20)  # of a triangle, a parallelogram and an ellipse
NOTHING = -1
# The catalog's nine classes: the kinds of the two objects, and the class's share where one or two objects are equally
# likely and their kinds independent.
KINDS = np.array([(0, NOTHING), (1, NOTHING), (2, NOTHING), (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)])
SHARES = np.array([1 / 6, 1 / 6, 1 / 6, 1 / 18, 1 / 9, 1 / 9, 1 / 18, 1 / 9, 1 / 18])

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def draw(
    rng: np.random.Generator, count: int, classes: Sequence[int] | None = None
) -> tuple[Floats, NDArray[np.int64]]:
    """Draw `count` images of these classes (None = all): pixels (count, 1024) in [0, 1] and labels (count,)."""
    chosen = np.arange(len(SHARES)) if classes is None else np.array(classes)
    labels = rng.choice(chosen, count, p=SHARES[chosen] / SHARES[chosen].sum())
    below, above = objects(rng, labels)
    light = rng.integers(0, 2, count)
    images = np.broadcast_to(_grey(rng, light), (count, SIDE, SIDE))
    for mask in (below, above):
        images = np.where(mask, _grey(rng, 1 - light), images)
    return images.reshape(count, SIDE * SIDE), labels


def objects(rng: np.random.Generator, labels: NDArray[np.int64]) -> tuple[Mask, Mask]:
    """The pixels (count, 32, 32) of the first object and of the second one, which is painted on top of it."""
    kinds = KINDS[labels]
    pairs = np.flatnonzero(kinds[:, 1] != NOTHING)
    kinds[pairs] = rng.permuted(kinds[pairs], axis=1)
    below = _pixels(rng, kinds[:, 0])
    above = np.zeros_like(below)
    while len(pairs):
        above[pairs] = _pixels(rng, kinds[pairs, 1])
        hidden = (below[pairs] & above[pairs]).sum((1, 2))
        pairs = pairs[hidden > MAX_HIDDEN * below[pairs].sum((1, 2))]
    return below, above


def _grey(rng: np.random.Generator, light: NDArray[np.int64]) -> Floats:
    """(count, 1, 1) one grey level an image, from the light range where `light` is 1, else from the dark one."""
    levels = GREY * rng.random(len(light)) + (1 - GREY) * light
    return levels.astype(np.float32)[:, None, None]


def _pixels(rng: np.random.Generator, kinds: NDArray[np.int64]) -> Mask:
    """(count, 32, 32) pixels whose centre lies inside a random polygon of these kinds, scan line by scan line."""
    centres = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    x, y = (axis[:, :, None] for axis in _polygons(rng, kinds))
    to_x, to_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    crosses = (y <= centres) != (to_y <= centres)
    slope = (to_x - x) / np.where(to_y == y, np.float32(1), to_y - y)
    at = x + (centres - y) * slope
    left = np.where(crosses, at, np.float32(SIDE)).min(axis=1)[:, :, None]
    right = np.where(crosses, at, np.float32(0)).max(axis=1)[:, :, None]
    inside: Mask = (centres >= left) & (centres < right)
    return inside


def _polygons(rng: np.random.Generator, kinds: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """x and y (count, 20) of the corners in pixels; a polygon with fewer corners repeats its last one."""
    corners = np.array(CORNERS)[kinds][:, None]
    angles = 2 * pi * np.minimum(np.arange(max(CORNERS)), corners - 1) / corners + _angle(rng, len(kinds))
    x, y = (rng.uniform(*STRETCH, (2, len(kinds), 1)) / 2) * (np.cos(angles), np.sin(angles))
    turn = _angle(rng, len(kinds))
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return _placed(rng, x), _placed(rng, y)


def _angle(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    return rng.uniform(0, 2 * pi, (count, 1))


def _placed(rng: np.random.Generator, along: NDArray[np.float64]) -> Floats:
    """Coordinates along one axis, moved to a random place where the whole object lies inside the margin."""
    low, high = along.min(axis=1, keepdims=True), along.max(axis=1, keepdims=True)
    moved: NDArray[np.float64] = along + rng.uniform(MARGIN - low, SIDE - MARGIN - high)
    return moved.astype(np.float32)
