import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pooch
import pytest

from ml import downloads
from ml.catalog import DATASETS
from ml.downloads import FILES, DataUnavailable, fetch
from tests import published
from tests.published import Mirror, serving, unreachable

IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = (file.name for file in FILES["mnist"])
CONTENTS = {IMAGES: b"images " * 1000, LABELS: b"labels", TEST_IMAGES: b"test images", TEST_LABELS: b"test labels"}


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """The only mirror of MNIST."""
    with serving(CONTENTS) as mirror:
        published_at(monkeypatch, mirror.url)
        yield mirror


@pytest.fixture
def nowhere() -> Iterator[str]:
    with unreachable() as url:
        yield url


def published_at(monkeypatch: pytest.MonkeyPatch, *mirrors: str) -> None:
    monkeypatch.setitem(FILES, "mnist", published.described(CONTENTS, *mirrors))


def refused(folder: Path) -> str:
    """What a student reads when MNIST can't be had."""
    with pytest.raises(DataUnavailable) as caught:
        fetch("mnist", folder)
    message = str(caught.value)
    assert "\n" not in message
    assert not re.search(r"Traceback|Error\(|HTTPConnection|urllib3|requests|pooch", message)
    return message


def kept(folder: Path) -> dict[str, bytes]:
    """Every file in the folder but the lock, which is empty."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if path.name != ".lock"}


def test_missing_files_are_downloaded_into_a_folder_of_their_data_set(mirror: Mirror, tmp_path: Path) -> None:
    files = fetch("mnist", tmp_path / "new")

    assert files == [tmp_path / "new/mnist" / name for name in CONTENTS]
    assert kept(tmp_path / "new") == {f"mnist/{name}": content for name, content in CONTENTS.items()}
    assert mirror.asked == list(CONTENTS)


def test_what_was_downloaded_once_is_not_asked_for_again(mirror: Mirror, tmp_path: Path) -> None:
    assert fetch("mnist", tmp_path) == fetch("mnist", tmp_path)
    assert len(mirror.asked) == 4


def test_files_that_lie_in_the_folder_need_no_network(
    monkeypatch: pytest.MonkeyPatch, nowhere: str, tmp_path: Path
) -> None:
    published_at(monkeypatch, nowhere)
    (tmp_path / "mnist").mkdir()
    for name, content in CONTENTS.items():
        (tmp_path / "mnist" / name).write_bytes(content)

    assert [path.read_bytes() for path in fetch("mnist", tmp_path)] == list(CONTENTS.values())
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == sorted(CONTENTS)


def test_only_what_is_missing_is_downloaded(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / IMAGES).write_bytes(CONTENTS[IMAGES])

    fetch("mnist", tmp_path)

    assert mirror.asked == [LABELS, TEST_IMAGES, TEST_LABELS]


@pytest.mark.usefixtures("mirror")
def test_without_a_folder_files_are_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)

    assert fetch("mnist")[0] == tmp_path / "layerscope/mnist" / IMAGES


def test_a_download_is_logged_with_its_size(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(FILES, "mnist", FILES["mnist"][:1])

    with caplog.at_level(logging.INFO):
        fetch("mnist", tmp_path)

    assert f"downloading {mirror.url}{IMAGES} (0.0 MB)" in caplog.messages


def test_without_a_network_it_is_said_at_once_what_to_get_and_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch, nowhere: str, tmp_path: Path
) -> None:
    published_at(monkeypatch, nowhere)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / TEST_LABELS).write_bytes(CONTENTS[TEST_LABELS])
    began = time.monotonic()

    message = refused(tmp_path)

    assert time.monotonic() - began < 5
    assert message.startswith(f"mnist/{IMAGES} could not be downloaded: the connection to {nowhere[7:-1]} failed.")
    assert "Connect this machine to the network and try again; or get" in message
    assert f"get {nowhere}{IMAGES}, {nowhere}{LABELS}, {nowhere}{TEST_IMAGES} elsewhere" in message
    assert message.endswith(f"into the folder {tmp_path / 'mnist'}.")
    assert kept(tmp_path) == {f"mnist/{TEST_LABELS}": CONTENTS[TEST_LABELS]}


def test_a_download_that_is_not_the_published_file_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.contents[LABELS] = b"labels!"

    message = refused(tmp_path)

    assert message.startswith(f"mnist/{LABELS} could not be downloaded: what {mirror.url[7:-1]} sent was refused")
    assert "try again" in message
    assert kept(tmp_path) == {f"mnist/{IMAGES}": CONTENTS[IMAGES]}


def test_a_download_that_breaks_off_is_refused_and_works_the_next_time(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_off = True

    message = refused(tmp_path)

    assert f"{mirror.url[7:-1]} broke off in the middle of the file" in message
    assert "try again" in message
    assert kept(tmp_path) == {}
    mirror.breaks_off = False
    fetch("mnist", tmp_path)


def test_a_mirror_without_the_file_is_named_with_its_answer(mirror: Mirror, tmp_path: Path) -> None:
    del mirror.contents[IMAGES]

    assert f"{mirror.url[7:-1]} answered with error 404" in refused(tmp_path)


def test_the_next_mirror_is_tried_when_one_is_down_or_has_a_wrong_file(
    monkeypatch: pytest.MonkeyPatch, mirror: Mirror, nowhere: str, tmp_path: Path
) -> None:
    with serving(dict.fromkeys(CONTENTS, b"wrong")) as wrong, serving({}) as empty:
        published_at(monkeypatch, nowhere, wrong.url, empty.url, mirror.url)
        fetch("mnist", tmp_path)

    assert kept(tmp_path) == {f"mnist/{name}": content for name, content in CONTENTS.items()}


def test_every_mirror_that_failed_is_named(
    monkeypatch: pytest.MonkeyPatch, mirror: Mirror, nowhere: str, tmp_path: Path
) -> None:
    mirror.contents.clear()
    published_at(monkeypatch, nowhere, mirror.url)

    message = refused(tmp_path)

    assert f"the connection to {nowhere[7:-1]} failed; {mirror.url[7:-1]} answered with error 404." in message


def test_a_wrong_file_in_the_folder_is_refused_and_never_overwritten(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / IMAGES).write_bytes(CONTENTS[IMAGES][:-1])

    message = refused(tmp_path)

    assert message.startswith(f"{tmp_path / 'mnist' / IMAGES} was refused")
    assert f"Delete it and try again: it is then downloaded from {mirror.url}{IMAGES}" in message
    assert kept(tmp_path) == {f"mnist/{IMAGES}": CONTENTS[IMAGES][:-1]}
    (tmp_path / "mnist" / IMAGES).unlink()
    fetch("mnist", tmp_path)


@pytest.mark.usefixtures("mirror")
def test_a_folder_that_cannot_be_used_is_named_with_the_room_it_needs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    message = refused(tmp_path / "file")

    assert message.startswith(f"The folder {tmp_path / 'file/mnist'} can't be used: Not a directory.")
    assert "choose another folder" in message


@pytest.mark.usefixtures("mirror")
def test_what_a_killed_download_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "mnist/.partial").mkdir(parents=True)
    (tmp_path / "mnist/.partial/tmp123").write_bytes(b"half a file")

    fetch("mnist", tmp_path)

    assert kept(tmp_path) == {f"mnist/{name}": content for name, content in CONTENTS.items()}


def test_runs_that_need_the_same_file_at_once_download_it_once(mirror: Mirror, tmp_path: Path) -> None:
    threads = [threading.Thread(target=fetch, args=("mnist", tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(mirror.asked) == sorted(CONTENTS)


@pytest.mark.parametrize("dataset", downloads.FILES)
def test_the_catalog_tells_how_much_is_downloaded(dataset: str) -> None:
    megabytes = sum(file.size for file in FILES[dataset]) / 1e6

    assert f" {megabytes:.3g} MB, downloaded at the first use." in DATASETS[dataset].description


def test_every_file_is_published_with_a_hash() -> None:
    digits = {"md5": 32, "sha256": 64}
    for file in (file for files in FILES.values() for file in files):
        algorithm, _, value = file.hash.partition(":")
        assert re.fullmatch(rf"[0-9a-f]{{{digits[algorithm]}}}", value)
        assert all(url.endswith("/" + file.name) for url in file.urls)
