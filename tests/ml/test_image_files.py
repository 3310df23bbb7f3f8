import gzip
from pathlib import Path

import numpy as np
import pytest

from ml.catalog import DATASETS
from ml.downloads import FILES, DataUnavailable
from ml.image_files import read_cifar, read_idx
from tests import published
from tests.published import Part, cifar_archive, cifar_members, idx

MNIST, CIFAR = DATASETS["mnist"], DATASETS["cifar10"]
READERS = {"mnist": read_idx, "fashion_mnist": read_idx, "cifar10": read_cifar}


def written(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def mnist(folder: Path) -> list[Path]:
    return written(folder, published.files_of("mnist", *published.draw("mnist")))


def cifar(folder: Path, members: dict[str, bytes]) -> list[Path]:
    return written(folder, {"cifar-10-binary.tar.gz": cifar_archive(members)})


def refused(read, files: list[Path], data, damaged: Path) -> str:
    """Why a file can't be read. The message says which one and what to do."""
    with pytest.raises(DataUnavailable) as caught:
        read(files, data)
    message = str(caught.value)
    assert message.startswith(f"{damaged} can't be read: ")
    assert message.endswith(". Delete it and try again: it is then downloaded anew.")
    return message


@pytest.mark.parametrize("dataset", FILES)
def test_images_and_labels_are_read_in_the_order_of_the_files(dataset: str, tmp_path: Path) -> None:
    parts = published.draw(dataset)

    found = READERS[dataset](written(tmp_path, published.files_of(dataset, *parts)), DATASETS[dataset])

    for (pixels, labels), part in zip(found, parts, strict=True):
        assert (pixels.dtype, labels.dtype) == (np.uint8, np.int64)
        assert np.array_equal(pixels, part.pixels)
        assert np.array_equal(labels, part.labels)


def test_the_pixels_of_a_colour_image_are_its_red_then_its_green_then_its_blue_ones(tmp_path: Path) -> None:
    planes = np.repeat(np.array([[255, 128, 0]], np.uint8), 1024, axis=1)
    red = Part(np.repeat(planes, 5, axis=0), np.zeros(5, np.uint8))

    (pixels, _), _ = read_cifar(cifar(tmp_path, cifar_members(red, red)), CIFAR)

    assert pixels.reshape(-1, *CIFAR.shape)[0].mean(axis=(1, 2)).tolist() == [255, 128, 0]


@pytest.mark.parametrize("position", range(4))
def test_a_gzip_file_that_is_cut_short_is_refused(position: int, tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[position].write_bytes(files[position].read_bytes()[:-20])

    assert "cut short" in refused(read_idx, files, MNIST, files[position])


@pytest.mark.parametrize("content", [b"", b"<html>Sign in to the network</html>", gzip.compress(b"", mtime=0)])
def test_what_is_no_gzip_file_or_an_empty_one_is_refused(content: bytes, tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[0].write_bytes(content)

    refused(read_idx, files, MNIST, files[0])


WRONG_IMAGES = {
    "labels instead of images": idx(np.zeros(4, np.uint8)),
    "a type that is not the byte": idx(np.zeros((4, 28, 28), np.uint8), magic=0xD03),
    "no magic number": idx(np.zeros((4, 28, 28), np.uint8), magic=0),
    "images of another size": idx(np.zeros((4, 32, 32), np.uint8)),
    "a pixel too many": idx(np.zeros((4, 28, 28), np.uint8)) + b"\0",
    "a pixel too few": idx(np.zeros((4, 28, 28), np.uint8))[:-1],
    "fewer images than the header says": idx(np.zeros((4, 28, 28), np.uint8))[: -28 * 28],
    "half a header": idx(np.zeros((4, 28, 28), np.uint8))[:6],
}


@pytest.mark.parametrize("content", WRONG_IMAGES.values(), ids=WRONG_IMAGES)
def test_images_with_another_header_or_length_are_refused(content: bytes, tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[0].write_bytes(gzip.compress(content))

    assert "not that of an IDX file of images of 28×28 pixels" in refused(read_idx, files, MNIST, files[0])


def test_labels_with_the_header_of_images_are_refused(tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[1].write_bytes(files[0].read_bytes())

    assert "not that of an IDX file of labels" in refused(read_idx, files, MNIST, files[1])


def test_more_or_fewer_labels_than_images_are_refused(tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[1].write_bytes(gzip.compress(idx(np.zeros(199, np.uint8))))

    assert "it has 199 labels for 200 images" in refused(read_idx, files, MNIST, files[1])


def test_a_label_that_is_no_class_is_refused(tmp_path: Path) -> None:
    files = mnist(tmp_path)
    files[3].write_bytes(gzip.compress(idx(np.full(50, 10, np.uint8))))

    assert "it has the label 10, but labels go from 0 to 9" in refused(read_idx, files, MNIST, files[3])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_tar_that_is_cut_short_is_refused(share: float, tmp_path: Path) -> None:
    files = cifar(tmp_path, cifar_members(*published.draw("cifar10")))
    content = files[0].read_bytes()
    files[0].write_bytes(content[: int(share * len(content))])

    assert "cut short" in refused(read_cifar, files, CIFAR, files[0])


def test_a_tar_without_one_of_the_batches_is_refused(tmp_path: Path) -> None:
    members = cifar_members(*published.draw("cifar10"))
    del members["data_batch_4.bin"]
    files = cifar(tmp_path, members)

    assert "there is no data_batch_4.bin in it" in refused(read_cifar, files, CIFAR, files[0])


def test_a_batch_of_broken_records_is_refused(tmp_path: Path) -> None:
    members = cifar_members(*published.draw("cifar10"))
    members["data_batch_2.bin"] += b"\0"
    files = cifar(tmp_path, members)

    assert "data_batch_2.bin in it is not made of records of 3,073 bytes" in refused(read_cifar, files, CIFAR, files[0])


def test_a_record_with_a_label_that_is_no_class_is_refused(tmp_path: Path) -> None:
    train, test = published.draw("cifar10")
    files = cifar(tmp_path, cifar_members(train, Part(test.pixels, test.labels + 3)))

    assert "it has the label 12" in refused(read_cifar, files, CIFAR, files[0])


def test_nothing_is_unpacked_to_the_disk(tmp_path: Path) -> None:
    files = cifar(tmp_path, cifar_members(*published.draw("cifar10")))

    read_cifar(files, CIFAR)

    assert list(tmp_path.iterdir()) == files
