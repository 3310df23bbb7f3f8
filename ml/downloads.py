"""Gets the files of the data sets that are not shipped: from a folder, into which what is missing is downloaded."""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests

from ml.words import Words, one_after_another, words

CONNECT_SECONDS = 3.0  # for each address of a host: without a network the answer must come in seconds
READ_SECONDS = 15.0  # between two pieces of a file
CHUNK_BYTES = 2**16

log = logging.getLogger(__name__)
pooch.get_logger().setLevel(logging.WARNING)  # it would tell of each download in its own words


class DataUnavailable(Exception):
    """The files of a data set can't be had or read; the message, a Words, says what is wrong and what to do."""


@dataclass(frozen=True)
class DataFile:
    """A file as it was published: its `size` in bytes, its `hash` as algorithm:digits, and where it is served."""

    name: str
    size: int
    hash: str
    urls: tuple[str, ...]


def _idx_files(mirrors: tuple[str, ...], *sizes_and_hashes: tuple[int, str]) -> tuple[DataFile, ...]:
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    return tuple(
        DataFile(name, size, f"md5:{md5}", tuple(mirror + name for mirror in mirrors))
        for name, (size, md5) in zip(names, sizes_and_hashes, strict=True)
    )


FILES: dict[str, tuple[DataFile, ...]] = {
    "mnist": _idx_files(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        (28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
        (1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
        (4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
    ),
    "fashion_mnist": _idx_files(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        (29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        (4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        (5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    # The binary archive: the other one is a pickle, which could run code.
    "cifar10": (
        DataFile(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
        ),
    ),
}


def fetch(dataset: str, folder: Path | None = None) -> list[Path]:
    """The files of a data set, in the order of FILES, from `folder`/`dataset` (None: a folder of the user's cache).

    What is missing there is downloaded first. Raises DataUnavailable where that fails, and for a file that is not the
    published one.
    """
    home = (folder or pooch.os_cache("layerscope")).expanduser().resolve() / dataset
    try:
        return [_fetch(file, home) for file in FILES[dataset]]
    except OSError as error:
        size = sum(file.size for file in FILES[dataset]) / 1e6
        raise DataUnavailable(
            words(
                "The folder {home} can't be used: {reason}. Make it readable and writable, with {size:.0f} MB free, or "
                "choose another folder for the data sets.",
                home=str(home),
                reason=error.strerror or str(error),
                size=size,
            )
        ) from error


def _fetch(file: DataFile, home: Path) -> Path:
    path = home / file.name
    if not path.exists():
        with _alone(home) as partial:
            if not path.exists():  # nobody fetched it while this process waited
                _download(file, partial).replace(path)
    algorithm, _, digits = file.hash.partition(":")
    if pooch.file_hash(str(path), algorithm) != digits:
        raise DataUnavailable(
            words(
                "{path} was refused: it is not the file that was published, perhaps because it was cut short or "
                "changed. Delete it and try again: it is then downloaded from {url}, or get it there by hand.",
                path=str(path),
                url=file.urls[0],
            )
        )
    return path


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """A folder below `home` to download into, for one process at a time."""
    home.mkdir(parents=True, exist_ok=True)
    partial = home / ".partial"
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed while it downloaded
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _download(file: DataFile, partial: Path) -> Path:
    """Get the file from the first mirror that serves it whole."""
    downloader = pooch.HTTPDownloader(chunk_size=CHUNK_BYTES, timeout=(CONNECT_SECONDS, READ_SECONDS))
    reasons = []
    for url in file.urls:
        log.info("downloading %s (%.1f MB)", url, file.size / 1e6)
        try:
            return Path(pooch.retrieve(url, file.hash, file.name, partial, downloader=downloader))
        except (requests.RequestException, ValueError) as error:
            reasons.append(_reason(urlsplit(url).netloc, error))
    home = partial.parent
    missing = ", ".join(other.urls[0] for other in FILES[home.name] if not (home / other.name).exists())
    raise DataUnavailable(
        words(
            "{file} could not be downloaded: {reasons}. Connect this machine to the network and try again; or get "
            "{missing} elsewhere and put what you get into the folder {home}.",
            file=f"{home.name}/{file.name}",
            reasons=one_after_another(reasons),
            missing=missing,
            home=str(home),
        )
    )


def _reason(host: str, error: Exception) -> Words:
    match error:
        case requests.HTTPError(response=requests.Response(status_code=status)):
            return words("{host} answered with error {status}", host=host, status=str(status))
        case requests.exceptions.ChunkedEncodingError():
            return words("{host} broke off in the middle of the file", host=host)
        case requests.RequestException():
            return words("the connection to {host} failed", host=host)
        case _:
            return words("what {host} sent was refused, because it is not the file that was published", host=host)
