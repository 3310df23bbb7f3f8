"""Bring back the runs that are stored as waiting or running, but that nobody will train."""

import logging
from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session

from app import store, waiting
from app.queue import State

WAITING = ("ENQUEUED", "DELAYED")
OVER = ("SUCCESS", "ERROR")

log = logging.getLogger(__name__)


class Engine(waiting.Enqueues, Protocol):
    """The queue, as far as it is needed here."""

    def states(self, run_ids: Sequence[str]) -> dict[str, State]: ...
    def held(self) -> dict[str, str | None]: ...
    def wake(self, run_id: str) -> None: ...
    def renew(self, run_id: str, turn: int = 1, /) -> None: ...


def rescue(session: Session, queue: Engine, workers: set[str], statuses: Sequence[str]) -> None:
    """Of the runs with these statuses. `workers` are the names of those who may still be at work."""
    active = store.active_runs(session, statuses)
    states = queue.states(active)
    for run_id in active:
        _rescue(session, queue, run_id, states.get(run_id), workers)


def let_go(queue: Engine, workers: set[str]) -> None:
    """Have the engine forget what lost workers hold: a run that ended just before its worker did is still theirs."""
    for run_id, owner in queue.held().items():
        if owner not in workers:
            queue.wake(run_id)  # whoever gets it finds the run ended


def _rescue(session: Session, queue: Engine, run_id: str, state: State | None, workers: set[str]) -> None:
    if state is None:
        waiting.hand_over(session, queue, run_id)
    elif state.status in WAITING or (state.status == "PENDING" and state.owner in workers):
        return
    elif store.take_back(session, run_id, workers):
        log.warning("run %s: nobody trains it any more, it is queued again", run_id)
        if state.status in OVER:
            queue.renew(run_id, store.turn_of(session, run_id))
        else:
            queue.wake(run_id)
