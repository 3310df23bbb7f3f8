"""Runs that were read lately. A snapshot never changes, so of a run seen before only the new ones are read."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session

from app import store
from app.models import ACTIVE
from ml.fields import MAX_LAYER_SNAPSHOTS
from ml.records import RunRecord, StepRecord

Find = Callable[[Session, str], RunRecord | None]


class RunCache:
    """Least recently used runs go first; what is kept stays within half of what the largest
    run may take, or is one run."""

    def __init__(self, limit: int = MAX_LAYER_SNAPSHOTS // 2) -> None:
        self._limit = limit
        self._runs: OrderedDict[str, RunRecord] = OrderedDict()
        self._sizes: dict[str, int] = {}  # layers times snapshots
        self._lock = threading.Lock()

    def load(self, session: Session, run_id: str, find: Find = store.find_run) -> RunRecord | None:
        """As store.load_run, of a run that `find` lets through."""
        run = find(session, run_id)
        if run is None:
            return None
        with self._lock:
            kept = self._runs.get(run_id)
        old = kept if kept and kept.attempt == run.attempt else None
        if old and old.status not in ACTIVE:
            whole = replace(run, snapshots=old.snapshots, monte_carlo=old.monte_carlo)
        else:
            whole = self._read(session, run, old.snapshots if old else ())
        if whole.status not in ACTIVE or self._unchanged(session, run, find):
            self._keep(whole)
        return whole

    def _read(self, session: Session, run: RunRecord, old: tuple[StepRecord, ...]) -> RunRecord:
        self._make_room(run)
        new = store.snapshots_after(session, run, old[-1].step if old else -1)
        return replace(run, snapshots=old + new, monte_carlo=store.monte_carlo(session, run))

    def _unchanged(self, session: Session, run: RunRecord, find: Find) -> bool:
        # Begun again while it was read: what was read may be of two attempts, and is shown once but not kept.
        session.expire_all()
        now = find(session, run.id)
        return now is not None and now.attempt == run.attempt

    def _keep(self, run: RunRecord) -> None:
        with self._lock:
            self._runs[run.id] = run
            self._sizes[run.id] = len(run.snapshots) * len(run.spec.layers)
            self._runs.move_to_end(run.id)

    def _make_room(self, run: RunRecord) -> None:
        """Before it is read: two large runs at once would take twice the memory."""
        expected = (run.step // run.spec.snapshot_interval + 1) * len(run.spec.layers)
        with self._lock:
            others = [other for other in self._runs if other != run.id]
            while others and expected + sum(map(self._sizes.__getitem__, others)) > self._limit:
                gone = others.pop(0)
                del self._runs[gone], self._sizes[gone]
