"""Reads images and labels out of the files that MNIST, Fashion-MNIST and CIFAR-10 are published in.

Pixels are (N, features) bytes in the order channels, height, width; labels (N,) count from 0. A file that is cut short,
or is not what it should be, raises DataUnavailable.
"""

import gzip
import math
import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ml.catalog import DataSet
from ml.downloads import DataUnavailable
from ml.words import Words, words

CIFAR_TRAIN = [f"data_batch_{number}.bin" for number in range(1, 6)]
CIFAR_TEST = ["test_batch.bin"]

Bytes = NDArray[np.uint8]
Part = tuple[Bytes, NDArray[np.int64]]  # pixels and labels


def read_idx(files: Sequence[Path], data: DataSet) -> tuple[Part, Part]:
    """Training and test part, from four gzipped IDX files: images and labels of the one, then of the other."""
    images, labels, test_images, test_labels = files
    return _idx_part(images, labels, data), _idx_part(test_images, test_labels, data)


def read_cifar(files: Sequence[Path], data: DataSet) -> tuple[Part, Part]:
    """Training and test part, from the gzipped tar of the binary version."""
    [archive] = files
    content = _members(archive, {*CIFAR_TRAIN, *CIFAR_TEST})
    return _cifar_part(archive, content, CIFAR_TRAIN, data), _cifar_part(archive, content, CIFAR_TEST, data)


def _idx_part(images: Path, labels: Path, data: DataSet) -> Part:
    pixels, marks = _idx(images, data.shape[1:]), _idx(labels, ())
    if len(pixels) != len(marks):
        counts = {"labels": len(marks), "images": len(pixels)}
        raise _damaged(labels, words("it has {labels:,} labels for {images:,} images", **counts))
    return pixels.reshape(len(pixels), data.inputs), _labels(labels, marks, data)


def _idx(file: Path, shape: tuple[int, ...]) -> Bytes:
    """(N, *shape) bytes. The header is made of big-endian numbers: two zero bytes, the type (8 = unsigned byte) and the
    number of dimensions in the first one, then the length of each dimension."""
    with _readable(file), gzip.open(file) as stream:
        content = stream.read()
    numbers = 2 + len(shape)
    count = max(0, len(content) - 4 * numbers) // math.prod(shape)
    header = struct.pack(f">{numbers}I", 0x800 + 1 + len(shape), count, *shape)
    if not content.startswith(header) or len(content) != len(header) + count * math.prod(shape):
        kind = words("images of {size} pixels", size="×".join(map(str, shape))) if shape else words("labels")
        raise _damaged(file, words("its header or its length is not that of an IDX file of {kind}", kind=kind))
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(count, *shape)


def _members(archive: Path, names: set[str]) -> dict[str, bytes]:
    """What these files of a tar hold. Nothing is unpacked to the disk."""
    content = {}
    with _readable(archive), tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            if name in names and (stream := tar.extractfile(member)):
                content[name] = stream.read()
    if missing := names - content.keys():
        raise _damaged(archive, words("there is no {names} in it", names=", ".join(sorted(missing))))
    return content


def _cifar_part(archive: Path, content: dict[str, bytes], names: list[str], data: DataSet) -> Part:
    """A record is the label's byte and then the pixels."""
    size = 1 + data.inputs
    for name in names:
        if len(content[name]) % size:
            raise _damaged(
                archive, words("{name} in it is not made of records of {size:,} bytes", name=name, size=size)
            )
    records = np.frombuffer(b"".join(content[name] for name in names), np.uint8).reshape(-1, size)
    return records[:, 1:], _labels(archive, records[:, 0], data)


def _labels(file: Path, marks: Bytes, data: DataSet) -> NDArray[np.int64]:
    if (marks >= len(data.classes)).any():
        found = {"label": int(marks.max()), "last": len(data.classes) - 1}
        raise _damaged(file, words("it has the label {label}, but labels go from 0 to {last}", **found))
    return marks.astype(np.int64)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError, zlib.error, tarfile.TarError) as error:
        raise _damaged(file, words("it is cut short or not compressed as it should be")) from error


def _damaged(file: Path, problem: Words) -> DataUnavailable:
    return DataUnavailable(
        words(
            "{file} can't be read: {problem}. Delete it and try again: it is then downloaded anew.",
            file=str(file),
            problem=problem,
        )
    )
