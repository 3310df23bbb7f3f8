"""The verdict on a lab's runs, kept with the first of them once they have all ended: lists of labs read no run."""

import hashlib
import logging
from collections.abc import Sequence
from functools import cache

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app import store
from app.labs.seeds import runs_by_seed
from app.models import ACTIVE
from app.settings import PROJECT
from ml.labs import LABS, judge
from ml.records import RunRecord

log = logging.getLogger(__name__)


def judge_at_end(session: Session, run_id: str) -> None:
    """Once the last run of a lab has ended. What goes wrong is logged: the page judges anew."""
    try:
        run = store.find_run(session, run_id)
        experiment = store.find_experiment(session, run.experiment_id) if run and run.experiment_id else None
        if experiment is None or experiment.lab not in LABS:
            return
        runs = store.experiment_runs(session, experiment.id)
        if not any(other.status in ACTIVE for other in runs):
            whole = [loaded for other in runs if (loaded := store.load_run(session, other.id))]
            keep(session, whole, judge(LABS[experiment.lab], runs_by_seed(whole)).word)
    except Exception:
        log.exception("the lab of run %s is not judged yet", run_id)
        session.rollback()


def keep(session: Session, runs: Sequence[RunRecord], word: str) -> None:
    """Of all the runs of an experiment, once they have ended."""
    if not runs or any(run.status in ACTIVE for run in runs):
        return
    first = min(run.id for run in runs)
    if store.artifact(session, first, _name()) == word.encode():
        return
    try:
        store.save_artifact(session, first, _name(), word.encode())
    except IntegrityError:  # the run was deleted meanwhile
        session.rollback()


def verdicts(session: Session, experiment_ids: Sequence[str]) -> dict[str, str]:
    """The word by the experiment, of those that have been judged."""
    firsts = store.first_runs(session, experiment_ids)
    kept = store.artifacts(session, list(firsts.values()), _name())
    return {one: kept[run_id].decode() for one, run_id in firsts.items() if run_id in kept}


@cache
def _name() -> str:
    """With the version of the labs: what was judged before one of them changed is judged anew."""
    files = sorted((PROJECT / "ml" / "labs").glob("*.py"))
    return f"lab-verdict-{hashlib.blake2b(b''.join(file.read_bytes() for file in files), digest_size=4).hexdigest()}"
