"""Whether a lab has to be trained: runs that are there already are looked at by everybody."""

from itertools import count, islice
from threading import Lock

from sqlmodel import Session

from app import actions, store
from app.queue import Queue
from app.store import ExperimentRecord
from ml.labs import LABS, SEEDS, Arm
from ml.records import RunRecord
from ml.spec import RunSpec

_one_at_a_time = Lock()
_OWN = ("name", "transfer_from", "seed")  # what differs between the runs of an arm


def join_or_launch(session: Session, queue: Queue, name: str) -> ExperimentRecord:
    """A class that begins at the same moment has the lab trained once. There is one web process; the session must not
    have read anything before."""
    with _one_at_a_time:
        return joinable(session, name) or actions.launch_lab(session, queue, name)


def joinable(session: Session, name: str) -> ExperimentRecord | None:
    """The newest experiment whose runs are those that the lab would launch today, none of them failed or cancelled."""
    found = store.lab_experiments(session, name)
    return next((one for one in found if _is_whole(name, store.experiment_runs(session, one.id))), None)


def _is_whole(name: str, runs: list[RunRecord]) -> bool:
    arms = LABS[name].arms
    present = {(run.arm, run.spec.seed) for run in runs}
    seeds = {seed for _arm, seed in present}
    return (
        bool(runs)
        and present == {(arm, seed) for arm in arms for seed in seeds}
        and all(run.status not in ("failed", "cancelled") for run in runs)
        and all(run.arm and _as_today(run, arms[run.arm]) for run in runs)
    )


def _as_today(run: RunRecord, arm: Arm) -> bool:
    own = {name: getattr(run.spec, name) for name in _OWN}
    return RunSpec.stored(arm.spec.model_copy(update=own).model_dump_json(exclude_none=True)) == run.spec


def next_seeds(session: Session, name: str) -> list[int]:
    """As many as the first ones, after the highest that was ever tried."""
    ids = [one.id for one in store.lab_experiments(session, name)]
    tried = [run.spec.seed for one in ids for run in store.experiment_runs(session, one)]
    return list(islice(count(max(tried, default=-1) + 1), len(SEEDS)))
