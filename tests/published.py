"""Small data sets in the formats of the published ones, and a mirror on this machine that serves them."""

import gzip
import hashlib
import io
import os
import socket
import struct
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from ml.catalog import DATASETS
from ml.downloads import FILES, DataFile

# A proxy that the environment names is another machine, and could not reach this one.
NO_PROXY = {"no_proxy": "127.0.0.1"}
TRAIN_OF_EACH_CLASS, TEST_OF_EACH_CLASS = 20, 5


class Part(NamedTuple):
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def draw(dataset: str, seed: int = 0) -> tuple[Part, Part]:
    """Training and test part of noise, with as many images of each class and all classes mixed."""
    rng = np.random.default_rng(seed)
    return _draw(rng, dataset, TRAIN_OF_EACH_CLASS), _draw(rng, dataset, TEST_OF_EACH_CLASS)


def _draw(rng: np.random.Generator, dataset: str, each: int) -> Part:
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), each))
    return Part(rng.integers(0, 256, (len(labels), DATASETS[dataset].inputs), dtype=np.uint8), labels)


def files_of(dataset: str, train: Part, test: Part) -> dict[str, bytes]:
    """The parts as the authors of the data set would have published them, by file name."""
    names = [file.name for file in FILES[dataset]]
    if dataset == "cifar10":
        return {names[0]: cifar_archive(cifar_members(train, test))}
    contents = [idx(array) for part in (train, test) for array in (part.pixels.reshape(-1, 28, 28), part.labels)]
    return {name: gzip.compress(content) for name, content in zip(names, contents, strict=True)}


def idx(array: NDArray[np.uint8], *, magic: int | None = None) -> bytes:
    magic = 0x800 + array.ndim if magic is None else magic
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


def cifar_members(train: Part, test: Part) -> dict[str, bytes]:
    records = np.column_stack([train.labels, train.pixels])
    members = {f"data_batch_{i}.bin": part.tobytes() for i, part in enumerate(np.array_split(records, 5), start=1)}
    return members | {"test_batch.bin": np.column_stack([test.labels, test.pixels]).tobytes()}


def cifar_archive(members: dict[str, bytes]) -> bytes:
    """The gzipped tar, whose files do not lie in the order of their names."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, data in reversed(({"readme.html": b"<html>"} | members).items()):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def described(contents: dict[str, bytes], *mirrors: str) -> tuple[DataFile, ...]:
    """What FILES would say of these files, if these mirrors served them."""
    return tuple(
        DataFile(name, len(data), f"md5:{hashlib.md5(data).hexdigest()}", tuple(mirror + name for mirror in mirrors))
        for name, data in contents.items()
    )


class Mirror:
    """Serves `contents` by file name at `url`. `asked` are the names that it was asked for; while `breaks_off`, it
    closes the connection in the middle of a file."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = dict(contents)
        self.asked: list[str] = []
        self.breaks_off = False
        self.url = ""


@contextmanager
def serving(contents: dict[str, bytes]) -> Iterator[Mirror]:
    mirror = Mirror(contents)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            mirror.asked.append(name)
            if name not in mirror.contents:
                self.send_error(404)
                return
            content = mirror.contents[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if mirror.breaks_off else content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        mirror.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with mock.patch.dict(os.environ, NO_PROXY):
            yield mirror
        server.shutdown()
        thread.join()


@contextmanager
def unreachable() -> Iterator[str]:
    """An address where nothing listens, as where there is no network."""
    with socket.socket() as taken, mock.patch.dict(os.environ, NO_PROXY):
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"
