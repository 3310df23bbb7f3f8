"""A database with rows in every table, and all that is in one."""

from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from app import db, store
from app.copying import TABLES
from app.models import Answer, Checkpoint, ClassPassword, LabClass, Member, Prediction, Run
from ml.spec import RunSpec
from tests.records import make_run
from tests.saving import save_run


def fill(url: str) -> None:
    """Rows in every table. A run is a repair of one that was stored later."""
    engine = db.make_engine(url)
    with Session(engine) as session:
        session.add_all([Member(id="m", name="Ana", key="ana"), ClassPassword(password_hash="p", setting_hash="s")])
        session.commit()
        store.sign_in(session, "m")
        run_id = save_run(session, make_run(3, name="Ünïcödé ✓", activation="tanh"))
        store.save_artifact(session, run_id, "weights.safetensors", bytes(range(256)))
        store.create_share(session, run_id, None)
        store.create_mystery(session, RunSpec(), "Patient 1", None)
        [hidden] = store.mystery_runs(session, _only(session, "mystery"))
        experiment, _ = store.create_experiment(session, "lr", RunSpec(), {"lr": [0.1]}, 1, [RunSpec(lr=0.1)])
        session.execute(insert(Checkpoint).values(run_id=run_id, step=3, seconds=float("inf"), data=b"\0\xff"))
        session.add(LabClass(id="c", experiment_id=experiment.id, teacher_hash="t", class_hash="c", hidden="x"))
        session.flush()
        session.add(Prediction(id="p", experiment_id=experiment.id, class_id="c", name="Ana", choice=1))
        answer = Answer(id="a", mystery_id=_only(session, "mystery"), name="Ana", rule="x", cure="y", run_id=hidden)
        session.add(answer)
        session.add(
            Run(
                id="0",
                name="repair",
                spec=RunSpec().model_dump_json(),
                repair_of=run_id,
                status="finished",
                owner_id="m",
            )
        )
        session.commit()
    engine.dispose()


def _only(session: Session, name: str) -> str:
    table = next(table for table in TABLES if table.name == name)
    return str(session.execute(select(table.c.id)).scalar_one())


def kept(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row by table, in the order of its key."""
    engine = db.make_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in TABLES
        }  # fmt: skip
    engine.dispose()
    keys = {table.name: [column.name for column in table.primary_key] for table in TABLES}
    return {name: sorted(rows, key=lambda row: [row[key] for key in keys[name]]) for name, rows in found.items()}
