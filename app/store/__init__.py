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
    show_experiment,
)
from app.store.labs import (
    add_prediction,
    class_predictions,
    create_lab,
    create_lab_class,
    delete_lab_class,
    experiment_predictions,
    find_prediction,
    first_runs,
    hide_from_class,
    lab_class_token,
    lab_experiments,
    newest_labs,
    open_lab_as_class,
    open_lab_as_teacher,
)
from app.store.listing import SHORTEST_END, experiment_names, ids_ending, last_metrics, list_runs, shortest_end
from app.store.live import LiveState, Look, live_state, look_at
from app.store.members import delete_all_sign_ins, sign_in, sign_out, signed_in
from app.store.mysteries import (
    Said,
    add_answer,
    answers_since,
    class_token,
    count_mysteries,
    create_mystery,
    delete_mystery,
    find_answer,
    find_patient,
    list_answers,
    mystery_runs,
    open_as_class,
    open_as_teacher,
    reveal,
)
from app.store.ownership import show_what_is_made
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
    find_any_run,
    find_run,
    load_run,
    monte_carlo,
    new_run,
    save_artifact,
    show_run,
    snapshots_after,
    waiting_since,
)
from app.store.shares import (
    create_report_share,
    create_share,
    find_share,
    list_report_shares,
    list_shares,
    open_share,
    revoke_share,
)
from app.store.training import (
    Fenced,
    begin_anew,
    checkpoint,
    claim,
    fail,
    fail_unclaimed,
    finish,
    is_current,
    note_crash,
    release,
    save_checkpoint,
    save_progress,
    save_snapshot,
    stalls,
    take_back,
    trained_seconds,
)
from app.store.waiting import DELETED, source_status, waiting_for
from app.store.workers import (
    WORKER_SEEN_WITHIN,
    forget_lost_workers,
    forget_worker,
    living_workers,
    possible_workers,
    report_worker,
)

__all__ = [
    "COLOURS", "DELETED", "MONTE_CARLO", "SHORTEST_END", "WEIGHTS", "WORKER_SEEN_WITHIN", "ErrorCurve",
    "ExperimentRecord", "Fenced", "LiveState", "Look", "Said", "active_runs", "add_answer", "add_prediction",
    "answers_since", "artifact", "artifacts", "begin_anew", "cancel_run", "checkpoint", "claim", "class_predictions",
    "class_token", "count_by_status", "count_mysteries", "count_runs_by_status", "create_experiment", "create_lab",
    "create_lab_class", "create_mystery", "create_repair", "create_report_share", "create_run", "create_share",
    "delete_all_sign_ins", "delete_experiment", "delete_lab_class", "delete_mystery", "delete_run", "error_curves",
    "experiment_names", "experiment_predictions", "experiment_runs", "fail", "fail_unclaimed", "find_answer",
    "find_any_run", "find_experiment", "find_patient", "find_prediction", "find_run", "find_share", "finish",
    "first_runs", "forget_lost_workers", "forget_worker", "hide_from_class", "ids_ending", "is_current",
    "lab_class_token", "lab_experiments", "last_metrics", "list_answers", "list_experiments", "list_report_shares",
    "list_runs", "list_shares", "live_state", "living_workers", "load_run", "look_at", "monte_carlo", "mystery_runs",
    "new_run", "newest_labs", "note_crash", "open_as_class", "open_as_teacher", "open_lab_as_class",
    "open_lab_as_teacher", "open_share", "possible_workers", "release", "repairs_of", "report_worker", "reveal",
    "revoke_share", "save_artifact", "save_checkpoint", "save_progress", "save_snapshot", "shortest_end",
    "show_experiment", "show_run", "show_what_is_made", "sign_in", "sign_out", "signed_in", "snapshots_after",
    "source_status", "stalls", "take_back", "trained_seconds", "waiting_for", "waiting_since",
]  # fmt: skip
