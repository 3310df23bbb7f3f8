"""What a run trains on, is judged by and is looked at with: batches, train part, validation and monitoring set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml import shapeset
from ml.catalog import DATASETS, SCALINGS
from ml.downloads import fetch
from ml.image_files import read_cifar, read_idx
from ml.spec import RunSpec

T = TypeVar("T")
SPLIT_SEED = 2010  # one split for every run; the catalog's train_counts were counted with it
TRAIN, VALIDATION, MONITORING, BATCHES = 1, 2, 3, 4  # each has a random stream of its own
CHUNK = 1000  # images that shapeset draws at a time; calls of 10 would take four times as long


class Examples(NamedTuple):
    """`inputs` (N, features) float32 as fed to the net, `labels` (N,) int64 counted from 0."""

    inputs: Tensor
    labels: Tensor

    def first(self, count: int) -> "Examples":
        return Examples(self.inputs[:count], self.labels[:count])


class Images(NamedTuple):
    """`pixels` (N, features) as they are stored, `labels` (N,) of the catalog's classes."""

    pixels: NDArray[np.float32] | NDArray[np.uint8]
    labels: NDArray[np.int64]


class Draws:
    """A random generator that is drawn from in portions: the order of a pass, the next images of an endless stream.

    `place` is where it stands, fit for JSON: its state before the last portion, and how many examples of that one are
    used. Made with a place it goes on from there, and draws no more than that portion again.
    """

    def __init__(self, rng: np.random.Generator, place: dict[str, Any] | None = None) -> None:
        self._rng = rng
        self._before, self.used = rng.bit_generator.state, 0
        self._used_at_first = 0
        if place:
            rng.bit_generator.state = place["before"]
            self._used_at_first = place["used"]

    def draw(self, portion: Callable[[np.random.Generator], T]) -> T:
        """The next portion; `used` says where in it to begin."""
        self._before = self._rng.bit_generator.state
        self.used, self._used_at_first = self._used_at_first, 0
        return portion(self._rng)

    @property
    def place(self) -> dict[str, Any]:
        return {"before": self._before, "used": self.used}


@dataclass(frozen=True)
class Data:
    """`batches` never ends, and stands where `draws` says. `train` is the fixed part of the train set that the metrics
    are measured on."""

    batches: Iterator[Examples]
    draws: Draws
    train: Examples
    validation: Examples
    monitoring: Examples


def load(spec: RunSpec, folder: Path | None = None, place: dict[str, Any] | None = None) -> Data:
    """The data of a run. The spec's seed decides the order of the batches (or the images of an endless stream) only.
    They go on from the `place` of other draws of this spec.

    `folder` holds the files of data sets that are not shipped (None: a folder of the user's cache); what is missing is
    downloaded into it. Raises DataUnavailable where that fails.
    """
    train, validation, monitoring = (_prepared(spec, images) for images in SPLITS[spec.dataset](spec, folder))
    draws = Draws(np.random.default_rng((spec.seed, BATCHES)), place)
    endless = DATASETS[spec.dataset].train_counts is None and spec.train_size is None
    return Data(
        batches=_stream(spec, draws) if endless else _passes(train, spec.batch_size, draws),
        draws=draws,
        train=train.first(len(validation.labels)),
        validation=validation,
        monitoring=monitoring.first(spec.monitor_size),
    )


def _digits(spec: RunSpec, _folder: Path | None) -> Iterator[Images]:
    """Train, validation and monitoring set of scikit-learn's digits."""
    images = _digits_file()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images.labels))
    validation, monitoring = DATASETS["digits"].validation, DATASETS["digits"].monitoring
    train = len(order) - validation - monitoring
    for part, size in zip(np.split(order, [train, train + validation]), (spec.train_size, None, None), strict=True):
        yield _chosen(spec, images, part, size)


def _chosen(spec: RunSpec, images: Images, part: NDArray[np.intp], size: int | None = None) -> Images:
    """The images of a part that are of the spec's classes, at most the first `size`."""
    kept = part if spec.classes is None else part[np.isin(images.labels[part], spec.classes)]
    return Images(images.pixels[kept[:size]], images.labels[kept[:size]])


@cache
def _digits_file() -> Images:
    from sklearn.datasets import load_digits  # most of a second, which shapeset need not wait for

    pixels, labels = load_digits(return_X_y=True)
    return Images(pixels.astype(np.float32), labels.astype(np.int64))


def _shapeset(spec: RunSpec, _folder: Path | None) -> Iterator[Images]:
    """Train, validation and monitoring set, each from its own stream. An endless run trains on other images."""
    data = DATASETS["shapeset"]
    sizes = {TRAIN: spec.train_size or data.validation, VALIDATION: data.validation, MONITORING: data.monitoring}
    for part, size in sizes.items():
        rng = np.random.default_rng((SPLIT_SEED, part))
        chunks = [shapeset.draw(rng, min(CHUNK, size - start), spec.classes) for start in range(0, size, CHUNK)]
        yield Images(*map(np.concatenate, zip(*chunks, strict=True)))


def _published(read: Callable, spec: RunSpec, folder: Path | None) -> Iterator[Images]:
    """Train, validation and monitoring set of a data set that is published as a training and a test part."""
    data = DATASETS[spec.dataset]
    published, test = (Images(*part) for part in read(fetch(spec.dataset, folder), data))
    held_out = _last_of_each_class(published.labels, data.validation // len(data.classes))
    yield _chosen(spec, published, np.flatnonzero(~held_out), spec.train_size)
    yield _chosen(spec, published, np.flatnonzero(held_out))
    yield _chosen(spec, test, np.arange(data.monitoring))


def _last_of_each_class(labels: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    last = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        last[np.flatnonzero(labels == label)[-count:]] = True
    return last


SPLITS: dict[str, Callable[[RunSpec, Path | None], Iterator[Images]]] = {
    "digits": _digits,
    "shapeset": _shapeset,
    "mnist": partial(_published, read_idx),
    "fashion_mnist": partial(_published, read_idx),
    "cifar10": partial(_published, read_cifar),
}


def _prepared(spec: RunSpec, images: Images) -> Examples:
    """Scale the pixels and count the labels from 0, in the order of the spec's classes."""
    low, high = DATASETS[spec.dataset].pixel_range
    new_low, new_high = SCALINGS[spec.scaling].ends(DATASETS[spec.dataset])
    inputs = images.pixels.astype(np.float32)
    inputs -= low  # in place, because CIFAR-10 takes 490 MB
    inputs *= (new_high - new_low) / (high - low)
    inputs += new_low
    labels = images.labels if spec.classes is None else np.searchsorted(spec.classes, images.labels)
    return Examples(torch.from_numpy(inputs), torch.from_numpy(labels))


def _passes(train: Examples, size: int, draws: Draws) -> Iterator[Examples]:
    """Pass after pass over a fixed set, each in a new order; the last batch of a pass may be short."""
    gathered = size * max(1, CHUNK // size)  # at a time: batch by batch would cost a tenth of a small net's step
    while True:
        order = torch.from_numpy(draws.draw(lambda rng: rng.permutation(len(train.labels))))
        for start in range(draws.used, len(order), gathered):
            chosen = order[start : start + gathered]
            inputs, labels = train.inputs[chosen], train.labels[chosen]
            for batch in map(Examples, inputs.split(size), labels.split(size)):
                draws.used += size
                yield batch


def _stream(spec: RunSpec, draws: Draws) -> Iterator[Examples]:
    """Batches of images that were never seen before. The seed decides the images, whatever the batch size."""
    size = spec.batch_size
    inputs, labels = _chunk(spec, draws)
    while True:
        while len(labels) < size:
            more = _chunk(spec, draws)
            inputs, labels = torch.cat([inputs, more.inputs]), torch.cat([labels, more.labels])
        draws.used = CHUNK - (len(labels) - size)  # what is left is of the last portion
        yield Examples(inputs[:size], labels[:size])
        inputs, labels = inputs[size:], labels[size:]


def _chunk(spec: RunSpec, draws: Draws) -> Examples:
    """What is left of a portion of images."""
    images = draws.draw(lambda rng: Images(*shapeset.draw(rng, CHUNK, spec.classes)))
    inputs, labels = _prepared(spec, images)
    return Examples(inputs[draws.used :], labels[draws.used :])
