"""Repairs: runs that are to cure what a rule found in another one."""

from sqlmodel import Session, col, select

from app import rows
from app.models import Run
from app.store.runs import COLOURS, new_run, next_colour, not_hidden
from ml.records import RunRecord
from ml.spec import RunSpec


def create_repair(session: Session, original: RunRecord, rule: str, spec: RunSpec) -> RunRecord:
    """A queued run against what `rule` found in the original, beside which it can be told apart by its colour."""
    colour = next_colour(session)
    run = new_run(spec, (colour + 1) % COLOURS if colour == original.colour else colour)
    run.repair_of, run.repair_rule = original.id, rule
    session.add(run)
    session.commit()
    return rows.run_record(run)


def repairs_of(session: Session, run_id: str) -> list[RunRecord]:
    """What was tried on a run, without snapshots, in the order in which it was queued. Nothing of a mystery."""
    query = select(Run).where(Run.repair_of == run_id, not_hidden()).order_by(col(Run.id))
    return [rows.run_record(run) for run in session.exec(query)]
