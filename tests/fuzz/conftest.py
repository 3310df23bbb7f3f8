from collections.abc import Iterator

import pytest

from app.settings import Settings
from tests.databases import databases
from tests.fuzz.school import School, school


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, trained: tuple[str, str]) -> Iterator[School]:
    """A class with a student who has runs of every kind."""
    url, run_id = trained
    folder = tmp_path_factory.mktemp("fuzz")
    databases.make(databases.address(folder), url)
    with school(Settings(_env_file=None, data_dir=folder, database_url=databases.address(folder)), run_id) as found:
        yield found
    databases.drop(databases.address(folder))
