"""What the teacher's pages show."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import ByteSize
from sqlmodel import Session

from app import store
from app.i18n import gettext as _
from app.i18n import localised, number
from app.labs import view as labs_view
from app.labs.reports import result_of
from app.models import Mystery
from app.mysteries import view as mysteries_view
from app.settings import SHORTEST_PASSWORD, Settings
from app.store import MemberRecord, sizes
from app.wording import amount
from ml.labs import LABS

MOST_SHOWN, MOST_WAITING = 20, 12  # rows of a list, and of the queue


@dataclass(frozen=True)
class Limit:
    """A setting that keeps one student from taking the class down: what is in force, and what is used of it now."""

    label: str
    setting: str
    value: str
    now: str = ""


def overview(request: Request, session: Session) -> dict[str, Any]:
    """The class as a whole."""
    members = store.list_members(session)
    counts = store.count_by_status(session)
    return {
        "students": [one for one in members if not one.teaches],
        "teachers": [one for one in members if one.teaches],
        "training": counts.get("running", 0),
        "waiting": counts.get("queued", 0),
        "queue": store.queue(session, MOST_WAITING),
        "newest": store.newest_runs(session, MOST_SHOWN),
        "labs": [(LABS[one.lab], one) for one in store.predicted_labs(session, MOST_SHOWN) if one.lab in LABS],
        "mysteries": store.mysteries(session, MOST_SHOWN),
        "limits": limits(request.app.state.settings, session),
        "shortest": SHORTEST_PASSWORD,
    }


def of_student(settings: Settings, session: Session, member: MemberRecord) -> dict[str, Any]:
    """One of them, with what they have run and said."""
    busy, work = store.standing(session, member.id)
    predictions = store.predictions_of(session, member.id)
    return {
        "member": member,
        "busy": _("{count:,} of {most:,} waiting or in training", count=busy, most=settings.student_runs),
        "work": _("{now} of {most} of work", now=amount(work), most=amount(settings.student_work)),
        "runs": store.newest_runs(session, MOST_SHOWN, member.id),
        "predictions": [(one, LABS[lab]) for one, lab in predictions if lab in LABS],
        "answers": store.answers_of(session, member.id),
    }


def of_lab(request: Request, session: Session, experiment_id: str) -> dict[str, Any]:
    """What everybody expected of a lab, beside what it came to."""
    result = result_of(request, session, experiment_id)
    given = store.experiment_predictions(session, experiment_id)
    return labs_view.predicted(result, given, None) | {
        "lab": result.lab,
        "address": f"/labs/{result.name}/{experiment_id}",
        "given": given,
        "right": sum(one.choice == result.verdict.outcome for one in given),
    }


def of_mystery(request: Request, session: Session, mystery: Mystery) -> dict[str, Any]:
    """What everybody answered, and what it is worth."""
    case = mysteries_view.case(request, session, mystery)
    grades = mysteries_view.grades(request, session, case, store.list_answers(session, mystery.id))
    return {
        "mystery": mystery,
        "run": case.patient,
        "put_in": mysteries_view.put_in(mystery),
        **mysteries_view.graded(grades),
    }


def limits(settings: Settings, session: Session) -> list[Limit]:
    """Those in force, with what is used of them."""
    endless, workers = _("no limit"), len(store.living_workers(session))
    memory, room = settings.run_memory, settings.disk_cap
    days = _("{count:g} days", count=settings.keep_days) if settings.keep_days else _("for ever")
    used, waiting = _size(sizes.database_bytes(session)), number(store.queue_length(session), ",")
    return [
        Limit(_("Runs that are trained at one time"), "WORKERS", number(workers, ",")),
        Limit(_("Runs that wait"), "QUEUE_LENGTH", number(settings.queue_length, ","), waiting),
        Limit(_("Runs of a student that wait or train"), "STUDENT_RUNS", number(settings.student_runs, ",")),
        Limit(_("Their work together"), "STUDENT_WORK", amount(settings.student_work)),
        Limit(_("Work of a run"), "RUN_WORK", amount(settings.run_work)),
        Limit(_("Memory of a run"), "RUN_MEMORY", _size(memory) if memory else endless),
        Limit(_("Training time of a run"), "RUN_HOURS", f"{number(settings.run_hours, 'g')} h"),
        Limit(_("How long runs are kept"), "KEEP_DAYS", days),
        Limit(_("Room for all runs"), "DISK_CAP", _size(room) if room else endless, used),
    ]


def _size(count: int) -> str:
    return localised(ByteSize(count).human_readable(decimal=True, separator=" "))
