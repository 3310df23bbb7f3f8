"""Every query: save what a run yields, load it as a RunRecord, list, cancel, share."""

from app.store.listing import SHORTEST_END, experiment_names, ids_ending, last_metrics, list_runs, shortest_end
from app.store.live import LiveState, Look, live_state, look_at
from app.store.runs import (
    COLOURS,
    MONTE_CARLO,
    WEIGHTS,
    active_runs,
    artifact,
    artifacts,
    cancel_run,
    count_by_status,
    create_run,
    delete_run,
    find_run,
    load_run,
    monte_carlo,
    new_run,
    save_artifact,
    snapshots_after,
)
from app.store.shares import create_share, list_shares, open_share, revoke_share
from app.store.training import (
    Fenced,
    claim,
    fail,
    fail_unclaimed,
    finish,
    is_current,
    release,
    save_progress,
    save_snapshot,
)
from app.store.workers import forget_worker, living_workers, report_worker

__all__ = [
    "COLOURS", "MONTE_CARLO", "SHORTEST_END", "WEIGHTS", "Fenced", "LiveState", "Look", "active_runs", "artifact",
    "artifacts", "cancel_run", "claim", "count_by_status", "create_run", "create_share", "delete_run",
    "experiment_names", "fail", "fail_unclaimed", "find_run", "finish", "forget_worker", "ids_ending", "is_current",
    "last_metrics", "list_runs", "list_shares", "live_state", "living_workers", "load_run", "look_at",
    "monte_carlo", "new_run", "open_share", "release", "report_worker", "revoke_share", "save_artifact",
    "save_progress", "save_snapshot", "shortest_end", "snapshots_after",
]  # fmt: skip
