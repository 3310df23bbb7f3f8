"""Runs in the store as a worker would have left them, and pages as they are read."""

import re
from dataclasses import fields
from html import unescape

from httpx2 import Response
from safetensors.numpy import save as save_tensors
from sqlmodel import Session

from app import store
from ml.records import RunRecord

ORIGIN = {"Origin": "http://127.0.0.1:8000"}


def save_run(session: Session, run: RunRecord, status: str = "finished") -> str:
    """Its id; `status` is what became of it."""
    return end_run(session, store.create_run(session, run.spec).id, run, status)


def end_run(session: Session, run_id: str, run: RunRecord, status: str = "finished") -> str:
    """Its id; the queued run measures what `run` did."""
    if status != "queued":
        attempt = store.claim(session, run_id)
        for snapshot in run.snapshots:
            store.save_snapshot(session, run_id, attempt, snapshot)
    if status == "finished":
        store.finish(session, run_id, attempt, _artifacts(run))
    elif status == "failed":
        store.fail(session, run_id, attempt, "Out of <memory>")
    elif status == "cancelled":
        store.cancel_run(session, run_id)
    return run_id


def _artifacts(run: RunRecord) -> dict[str, bytes]:
    found = run.monte_carlo
    return {store.MONTE_CARLO: save_tensors({x.name: getattr(found, x.name) for x in fields(found)})} if found else {}


def words(answer: Response) -> str:
    """What is read on the page: its text without the markup."""
    body = answer.text[answer.text.index("<body") :]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))
