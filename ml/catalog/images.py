"""What a network can be trained on: data sets and how their pixels are fed to it."""

from typing import Any

from ml.catalog.entries import DataSet, Scaling, table


def _byte_statistics(means: tuple[float, ...], stds: tuple[float, ...]) -> dict[str, Any]:
    """Of a set of bytes, from the mean and std of each channel as they are usually quoted: of pixels in [0, 1]."""
    mean = 255 * sum(means) / len(means)
    return {
        "pixel_mean": mean,
        "pixel_square": 255**2 * sum(m**2 + s**2 for m, s in zip(means, stds, strict=True)) / len(means),
        "pixel_mean_square": mean**2,  # a lower bound: that of an image that has the same mean everywhere
    }


DATASETS = table(
    DataSet(
        "digits",
        "Digits 8×8",
        "1,797 handwritten digits of 8×8 pixels, shipped with scikit-learn: no network needed.",
        (1, 8, 8),
        tuple("0123456789"),
        (0.0, 16.0),
        train_counts=(121, 119, 115, 126, 119, 115, 122, 118, 116, 126),
        validation=300,
        monitoring=300,
        pixel_mean=4.878472,
        pixel_square=59.928989,
        pixel_mean_square=41.156428,
    ),
    DataSet(
        "shapeset",
        "Shapeset-3×2",
        "An endless stream of 32×32 grey images with one or two of triangle, parallelogram and ellipse, "
        "after Glorot & Bengio (2010). Drawn as the run goes; 10,000 images count as one pass.",
        (1, 32, 32),
        (
            "triangle",
            "parallelogram",
            "ellipse",
            "two triangles",
            "triangle + parallelogram",
            "triangle + ellipse",
            "two parallelograms",
            "parallelogram + ellipse",
            "two ellipses",
        ),
        (0.0, 1.0),
        train_counts=None,
        validation=1000,
        monitoring=300,
        # Exact: dark and light are equally likely everywhere, and spread evenly over [0, 0.45] and [0.55, 1].
        pixel_mean=0.5,
        pixel_square=0.3425,
        pixel_mean_square=0.25,
        epoch_examples=10_000,
    ),
    DataSet(
        "mnist",
        "MNIST",
        "70,000 handwritten digits of 28×28 pixels. 11.6 MB, downloaded at the first use.",
        (1, 28, 28),
        tuple("0123456789"),
        (0.0, 255.0),
        train_counts=tuple(total - 1000 for total in (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)),
        validation=10_000,
        monitoring=300,
        **_byte_statistics((0.1307,), (0.3081,)),
    ),
    DataSet(
        "fashion_mnist",
        "Fashion-MNIST",
        "70,000 grey pictures of clothes, shoes and bags, of 28×28 pixels. 30.9 MB, downloaded at the first use.",
        (1, 28, 28),
        (
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        (0.0, 255.0),
        train_counts=(5000,) * 10,
        validation=10_000,
        monitoring=300,
        **_byte_statistics((0.2860,), (0.3530,)),
    ),
    DataSet(
        "cifar10",
        "CIFAR-10",
        "60,000 colour photos of animals and vehicles, of 32×32 pixels. 170 MB, downloaded at the first use.",
        (3, 32, 32),
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        (0.0, 255.0),
        train_counts=(4000,) * 10,
        validation=10_000,
        monitoring=300,
        **_byte_statistics((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ),
)

SCALINGS = table(
    Scaling("symmetric", "symmetric", "pixels to [−1, 1]", (-1.0, 1.0)),
    Scaling("unit", "unit", "pixels to [0, 1]", (0.0, 1.0)),
    Scaling("none", "none", "pixels as they are stored", None),
)
