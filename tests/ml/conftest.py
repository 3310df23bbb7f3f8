from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ml import downloads
from ml.catalog import DATASETS
from tests import published


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """As in a worker: nets this small are slower on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[downloads.DataFile, ...]]]:
    """A folder with small files of every data set that has files, and what describes them."""
    folder = tmp_path_factory.mktemp("datasets")
    files = {}
    for dataset in downloads.FILES:
        contents = published.files_of(dataset, *published.draw(dataset))
        (folder / dataset).mkdir()
        for name, content in contents.items():
            (folder / dataset / name).write_bytes(content)
        files[dataset] = published.described(contents, "http://127.0.0.1:9/")
    return folder, files


@pytest.fixture
def folder(small_files, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder, while the catalog says how small the data sets in it are."""
    path, files = small_files
    for dataset in files:
        small = replace(DATASETS[dataset], validation=40, monitoring=30, train_counts=(16,) * 10)
        monkeypatch.setitem(DATASETS, dataset, small)
        monkeypatch.setitem(downloads.FILES, dataset, files[dataset])
    return path
