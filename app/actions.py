"""What changes a run in the store and in the queue, which are two databases: in the order that loses nothing.

Whatever launches is counted before anything of it is stored: it raises NoRoom where DISK_CAP leaves no room for a run,
Refused for more work than a run may be, Full where too many runs wait. Only an answer to a mystery is always taken.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from app import store, waiting, wording
from app.i18n import gettext as _
from app.limits import limits_of
from app.models import Answer, Mystery
from app.mysteries.grading import cured_spec
from app.queue import Queue
from app.store import ExperimentRecord
from ml.grid import GridRun
from ml.labs import LABS, SEEDS
from ml.problems import Problem
from ml.records import RunRecord
from ml.repairs import CURES, Fix, fix, same_settings
from ml.rules import RULES
from ml.spec import RunSpec
from ml.transfer import misfit
from ml.words import any_of, words

LONGEST_NAME = 120  # characters, of a run
IN_VAIN = ("failed", "cancelled")


class Refused(Exception):
    """The run can't be launched as things are."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@contextmanager
def _admitted(session: Session, specs: Sequence[RunSpec], vary: Collection[str] = ()) -> Iterator[None]:
    """While runs with these specs are stored, so that nobody else's are counted without them. A request's session knows
    how much room there may be, and what the limits are (db.py)."""
    if room := session.info.get("room"):
        room.require(session)
    limits = limits_of(session)
    with limits.counting if limits else nullcontext():
        if limits:
            if problem := limits.problem(session, specs, vary):
                raise Refused(problem)
            limits.require(session, specs)
        yield


def launch(session: Session, queue: Queue, spec: RunSpec) -> RunRecord:
    """Store the run, then hand it to the workers: one that was stored and not enqueued is found by a worker.

    Raises Refused where the layers it wants from another run can't be had.
    """
    if problem := transfer_problem(session, spec):
        raise Refused(problem)
    with _admitted(session, [spec]):
        run = store.create_run(session, spec)
    _enqueue(session, queue, run.id)
    return run


def _enqueue(session: Session, queue: Queue, run_id: str) -> None:
    queue.enqueue(run_id, store.turn_of(session, run_id))


def launch_experiment(
    session: Session, queue: Queue, base: RunSpec, vary: Mapping[str, Sequence[Any]], runs: Sequence[GridRun]
) -> tuple[ExperimentRecord, list[RunRecord]]:
    """Store the experiment with all of its runs, then hand them to the workers. It is named as its base, or by what it
    varies.

    Raises Refused where the layers that a run wants from another one can't be had.
    """
    for run in {id(run.varied): run for run in runs}.values():
        if problem := transfer_problem(session, run.spec):
            raise Refused(problem)
    read = {field: list(dict.fromkeys(run.varied[field] for run in runs)) for field in vary}
    seeds = len({run.spec.seed for run in runs})
    name = base.name or " × ".join(vary) or base.title
    specs = [run.spec for run in runs]
    with _admitted(session, specs, vary):
        experiment, records = store.create_experiment(session, name, base, read, seeds, specs)
    for record in records:
        _enqueue(session, queue, record.id)
    return experiment, records


def launch_lab(session: Session, queue: Queue, name: str, seeds: Sequence[int] = SEEDS) -> ExperimentRecord:
    """Store the runs of the lab of this name for these seeds, then hand them to the workers: an arm that starts with
    the layers of another one when that has finished. They are named in the language in force."""
    lab = LABS[name]
    arms = {key: replace(arm, label=_(arm.label)) for key, arm in lab.arms.items()}
    with _admitted(session, [arm.spec for arm in arms.values()] * len(seeds)):
        experiment, records = store.create_lab(session, name, _(lab.title), arms, seeds)
    for record in records:
        waiting.hand_over(session, queue, record.id)
    return experiment


def launch_repairs(session: Session, queue: Queue, run: RunRecord, rule: str, cures: Sequence[str]) -> list[RunRecord]:
    """A run for each cure against what the rule found, from the same seed and so with the same batches; one that was
    tried already is not queued again.

    Raises Refused, before anything is queued, where one of them can't be had.
    """
    wanted = _wanted(session, run, rule, cures)
    found = store.repairs_of(session, run.id)
    tried = [(x.spec, x) for x in found if x.repair_rule == rule and x.status not in IN_VAIN]
    known, new = [spec for spec, _repair in tried], []
    for one in wanted:
        if not any(same_settings(spec, one.spec) for spec in known):
            known.append(one.spec)
            new.append(one)
    tried += zip(known[len(tried) :], _launch_repairs(session, queue, run, rule, new) if new else [], strict=True)
    repairs = [next(repair for spec, repair in tried if same_settings(spec, one.spec)) for one in wanted]
    return list({repair.id: repair for repair in repairs}.values())


def _launch_repairs(session: Session, queue: Queue, run: RunRecord, rule: str, new: Sequence[Fix]) -> list[RunRecord]:
    specs = [one.spec.model_copy(update={"name": _repair_name(run.spec.title, _(one.cure.label))}) for one in new]
    with _admitted(session, specs):
        repairs = [store.create_repair(session, run, rule, spec) for spec in specs]
    for repair in repairs:
        _enqueue(session, queue, repair.id)
    return repairs


def _wanted(session: Session, run: RunRecord, rule: str, cures: Sequence[str]) -> list[Fix]:
    if rule not in RULES:
        raise Refused(Problem("rule", words("there is no such rule"), any_of(RULES)))
    if not cures or not set(cures) <= set(CURES):
        raise Refused(Problem("cures", words("there is no such cure"), any_of(CURES)))
    return [_fix(session, run, name) for name in dict.fromkeys(cures)]


def _fix(session: Session, run: RunRecord, name: str) -> Fix:
    found = fix(run.spec, CURES[name])
    if found is None:
        said = words("“{cure}” changes nothing about this run, or can't be had with it", cure=CURES[name].label)
        raise Refused(Problem("cures", said, words("try another one")))
    if problem := transfer_problem(session, found.spec):
        raise Refused(problem)
    return found


def _repair_name(title: str, label: str) -> str:
    """What was changed is told whole."""
    room = LONGEST_NAME - len(f": {label}")
    return f"{title if len(title) <= room else title[: room - 1] + '…'}: {label}"


def transfer_problem(session: Session, spec: RunSpec) -> Problem | None:
    """Why the spec can't start with the layers of the run it names; None where it can, or names none."""
    if spec.transfer_from is None:
        return None
    source = store.find_run(session, spec.transfer_from)
    if source is None:
        return Problem(
            "transfer_from",
            words("there is no run with this id"),
            words("the id is the end of the address of its page"),
        )
    if source.status != "finished":
        return Problem(
            "transfer_from",
            words("that run is {status}, so it has no final weights", status=wording.STATUSES[source.status]),
            words("name a finished run"),
        )
    if reason := misfit(spec, source.spec):
        fix = words("take fewer layers, or build the lower layers as in that run")
        return Problem("transfer_from", reason, fix)
    return None


def cancel(session: Session, queue: Queue, run_id: str) -> bool:
    """Stop a run that waits or trains; what it has measured stays, and those that wait for its layers fail. Whether
    there was anything to stop."""
    stopped = store.cancel_run(session, run_id)
    if stopped:
        queue.cancel(run_id)
        waiting.pass_on(session, queue, run_id)
    return stopped


def delete(session: Session, queue: Queue, run_id: str) -> None:
    """Delete a run with everything it left; one that trains is stopped first."""
    cancel(session, queue, run_id)
    store.delete_run(session, run_id)
    waiting.pass_on(session, queue, run_id)


def cancel_experiment(session: Session, queue: Queue, experiment_id: str) -> None:
    """Stop those of its runs that wait or train, the last one first, so that none begins meanwhile."""
    for run in reversed(store.experiment_runs(session, experiment_id)):
        cancel(session, queue, run.id)


def delete_experiment(session: Session, queue: Queue, experiment_id: str) -> None:
    """Delete an experiment with all of its runs; those that train are stopped first."""
    cancel_experiment(session, queue, experiment_id)
    store.delete_experiment(session, experiment_id)


def launch_mystery(session: Session, queue: Queue, spec: RunSpec, title: str, fault: str | None) -> str:
    """Store a mystery with its patient, and hand that to the workers. The teacher's token, which is told only now.

    Raises Refused where the layers it wants from another run can't be had.
    """
    if problem := transfer_problem(session, spec):
        raise Refused(problem)
    with _admitted(session, [spec]):
        token, patient = store.create_mystery(session, spec, title, fault)
    _enqueue(session, queue, patient.id)
    return token


def answer(session: Session, queue: Queue, mystery: Mystery, patient: RunRecord, said: store.Said) -> Answer:
    """Store an answer, and hand the patient with its cure to the workers where nobody has tried that yet."""
    found, new = store.add_answer(session, mystery.id, patient.id, said, cured_spec(patient.spec, said.cure))
    if new:
        _enqueue(session, queue, new.id)
    return found


def delete_mystery(session: Session, queue: Queue, mystery_id: str) -> None:
    """Delete a mystery with all of its runs; those that train are stopped first, the last one first."""
    for run_id in reversed(store.mystery_runs(session, mystery_id)):
        cancel(session, queue, run_id)
    store.delete_mystery(session, mystery_id)
