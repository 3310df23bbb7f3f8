"""The examples as they were trained by `make examples`: a database to read, apart from the user's own."""

from pathlib import Path

from sqlmodel import Session

from app.cache import RunCache
from app.db import read_only_engine
from ml.records import RunRecord

FILE = Path(__file__).with_name("runs.db")


class Prepared:
    """Opens the shipped file, through the same queries as every other run."""

    def __init__(self, file: Path = FILE) -> None:
        self.engine = read_only_engine(file)
        self.cache = RunCache()

    def load(self, slug: str) -> RunRecord | None:
        """The example with all its snapshots; None if there is no such example."""
        with Session(self.engine) as session:
            return self.cache.load(session, slug)
