"""What changes a run in the store and in the queue, which are two databases: in the order that loses nothing."""

from sqlmodel import Session

from app import store
from app.queue import Queue
from ml.records import RunRecord
from ml.spec import RunSpec


def launch(session: Session, queue: Queue, spec: RunSpec) -> RunRecord:
    """Store the run, then hand it to the workers: one that was stored and not enqueued is found by a worker."""
    run = store.create_run(session, spec)
    queue.enqueue(run.id)
    return run


def cancel(session: Session, queue: Queue, run_id: str) -> bool:
    """Stop a run that waits or trains; what it has measured stays. Whether there was anything to stop."""
    stopped = store.cancel_run(session, run_id)
    if stopped:
        queue.cancel(run_id)
    return stopped


def delete(session: Session, queue: Queue, run_id: str) -> None:
    """Delete a run with everything it left; one that trains is stopped first."""
    cancel(session, queue, run_id)
    store.delete_run(session, run_id)
