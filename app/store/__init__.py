"""Every query: save what a run yields, load it as a RunRecord, list, cancel, share."""

from app.store.experiments import (
    ErrorCurve,
    ExperimentRecord,
    count_runs_by_status,
    create_experiment,
    delete_experiment,
    error_curves,
    experiment_runs,
    find_experiment,
    list_experiments,
)
from app.store.listing import SHORTEST_END, experiment_names, ids_ending, last_metrics, list_runs, shortest_end
from app.store.live import LiveState, Look, live_state, look_at
from app.store.repairs import create_repair, repairs_of
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
    "COLOURS", "MONTE_CARLO", "SHORTEST_END", "WEIGHTS", "ErrorCurve", "ExperimentRecord", "Fenced", "LiveState",
    "Look", "active_runs", "artifact", "artifacts", "cancel_run", "claim", "count_by_status",
    "count_runs_by_status", "create_experiment", "create_repair", "create_run", "create_share", "delete_experiment",
    "delete_run", "error_curves", "experiment_names", "experiment_runs", "fail", "fail_unclaimed",
    "find_experiment", "find_run", "finish", "forget_worker", "ids_ending", "is_current", "last_metrics",
    "list_experiments", "list_runs", "list_shares", "live_state", "living_workers", "load_run", "look_at",
    "monte_carlo", "new_run", "open_share", "release", "repairs_of", "report_worker", "revoke_share",
    "save_artifact", "save_progress", "save_snapshot", "shortest_end", "snapshots_after",
]  # fmt: skip
