"""What is trained: the two nets that the targets are about, on made-up images, and two runs of the product's own."""

from functools import cache

import numpy as np

from ml.catalog import DATASETS, DataSet
from ml.datasets import SPLITS, Images
from ml.spec import RunSpec

TRAIN, HELD_OUT = 6_000, 300

# As large as MNIST's images, and there without a network.
DATASETS["blobs"] = DataSet(
    "blobs",
    "Blobs 28×28",
    "Ten random images, each with noise.",
    (1, 28, 28),
    tuple("0123456789"),
    (0.0, 1.0),
    train_counts=(TRAIN // 10,) * 10,
    validation=HELD_OUT,
    monitoring=HELD_OUT,
    pixel_mean=0.5,
    pixel_square=0.2917,
    pixel_mean_square=0.2521,
)
SPLITS["blobs"] = lambda _spec, _folder: blobs()


@cache
def blobs() -> tuple[Images, ...]:
    """Train, validation and monitoring set."""
    rng = np.random.default_rng(2010)
    centres = rng.random((10, 28 * 28))
    return tuple(_noisy(centres, size, rng) for size in (TRAIN, HELD_OUT, HELD_OUT))


def _noisy(centres: np.ndarray, size: int, rng: np.random.Generator) -> Images:
    labels = np.arange(size) % len(centres)
    pixels = 0.5 * centres[labels] + 0.5 * rng.random((size, centres.shape[1]))
    return Images(pixels.astype(np.float32), labels)


WIDE = RunSpec(
    dataset="blobs", hidden=(1000,) * 5, activation="tanh", init="xavier_uniform", optimizer="sgd", lr=0.01, epochs=1
)
NARROW = RunSpec(dataset="blobs", hidden=(300, 100), optimizer="sgd", lr=0.01, epochs=1)
DIGITS = RunSpec(hidden=(300, 100), epochs=10)
SHAPESET = RunSpec(
    dataset="shapeset", hidden=(100,) * 5, activation="tanh", init="standard", optimizer="sgd", lr=0.05,
    batch_size=10, epochs=2, steps_per_epoch=1000,
)  # fmt: skip


def batches_of(spec: RunSpec, size: int) -> RunSpec:
    return spec.model_copy(update={"batch_size": size})


EPOCHS = {
    "784-5x1000-10 tanh, b10": batches_of(WIDE, 10),
    "784-5x1000-10 tanh, b128": batches_of(WIDE, 128),
    "784-300-100-10 relu, b10": batches_of(NARROW, 10),
    "784-300-100-10 relu, b128": batches_of(NARROW, 128),
}
