"""`make examples`: trains every example into runs.db, which is shipped with the product.

Made twice on one machine the file has the same content: ids are the slugs, times are left out, and training is
repeatable bit for bit.
"""

import tempfile
from pathlib import Path

from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col

from app import db, store
from app.examples import EXAMPLES, Example
from app.examples.prepared import FILE
from app.models import Artifact, Run
from app.settings import Settings
from app.training import train_and_save, warm_up


def make(target: Path) -> None:
    """Train all examples and put them in the place of `target` at once."""
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        db.migrate(settings)
        engine = db.make_engine(settings.runs_url)
        for number, example in enumerate(EXAMPLES):
            _train(engine, number, example)
        _shrink(engine)
        engine.dispose()
        target.write_bytes((Path(folder) / "layerscope.db").read_bytes())


def _train(engine: Engine, number: int, example: Example) -> None:
    with Session(engine) as session:
        run = store.new_run(example.spec, number % store.COLOURS)
        run.id = example.slug
        session.add(run)
        session.commit()
        attempt = store.claim(session, example.slug)
        assert attempt is not None
    train_and_save(engine, example.slug, attempt)
    print(f"{example.slug}: trained", flush=True)


def _shrink(engine: Engine) -> None:
    """Without times, which differ from one making to the next, and without weights and pictures."""
    with Session(engine) as session:
        session.execute(update(Run).values(created=0, started=None, resumed=None, finished=None))
        session.execute(delete(Artifact).where(col(Artifact.name) != store.MONTE_CARLO))
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        connection.exec_driver_sql("VACUUM")


if __name__ == "__main__":
    make(FILE)
