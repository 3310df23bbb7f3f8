"""How much work a run may be, how much a student may have waiting or training, and how long the queue may be: counted
before anything of a run is stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from sqlmodel import Session

from app import store
from app.settings import Settings
from app.viewer import Viewer, viewer_of
from ml.budget import power, too_much, work
from ml.problems import Problem
from ml.spec import RunSpec
from ml.words import Words, words

LABELS = {
    "RUN_WORK": words("Parameters × batch × steps"),
    "STUDENT_RUNS": words("Your runs that wait or train"),
    "STUDENT_WORK": words("Their work together"),
    "QUEUE_LENGTH": words("All runs that wait"),
}


class Full(Exception):
    """The runs are not taken now. `reason` is for who launches them."""

    status, headers = 429, {"Retry-After": "60"}  # seconds

    def __init__(self, reason: Words) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Use:
    """Of the limit that the setting `name` is: `most` may be used, `now` is, and what is asked for takes `more`."""

    name: str
    now: float
    more: float
    most: float

    @property
    def share(self) -> float:
        return (self.now + self.more) / self.most


class Limits:
    """Those in force. Whoever launches holds `counting` from the count until the runs are stored: two requests at the
    same moment would both find room. There is one web process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.counting = Lock()

    def problem(self, session: Session, specs: Sequence[RunSpec], vary: Collection[str] = ()) -> Problem | None:
        """Why runs with these specs, which `vary` in some fields, can never be taken; None where they can."""
        name, most = self._for_one(session)
        found = next((problem for spec in specs if (problem := too_much(spec, most, name))), None)
        if found:
            return replace(found, field=f"vary.{found.field}") if found.field in vary else found
        never = next((use for use in self.uses(session, specs) if use.more > use.most), None)
        return Problem("seeds", _never(never), words("fewer values or fewer seeds")) if never else None

    def require(self, session: Session, specs: Sequence[RunSpec]) -> None:
        """Raises Full where there is no room for these runs beside those that wait or train."""
        for use in self.uses(session, specs):
            if specs and use.share > 1:
                raise Full(_not_now(use))

    def uses(self, session: Session, specs: Sequence[RunSpec]) -> list[Use]:
        """What counts over several runs: of a student, and of all."""
        student = _student(session)
        own = self._own(session, student.id, specs) if student else []
        return [*own, Use("QUEUE_LENGTH", store.queue_length(session), len(specs), self._settings.queue_length)]

    def largest(self, session: Session, specs: Sequence[RunSpec]) -> Use:
        """Of the run that is the most work."""
        name, most = self._for_one(session)
        return Use(name, 0, max(map(work, specs)), most)

    def _for_one(self, session: Session) -> tuple[str, float]:
        """The limit for a single run."""
        limits = {"RUN_WORK": self._settings.run_work}
        if _student(session):
            limits["STUDENT_WORK"] = self._settings.student_work
        return min(limits.items(), key=lambda limit: limit[1])

    def _own(self, session: Session, owner_id: str, specs: Sequence[RunSpec]) -> list[Use]:
        runs, busy = store.standing(session, owner_id)
        return [
            Use("STUDENT_RUNS", runs, len(specs), self._settings.student_runs),
            Use("STUDENT_WORK", busy, sum(map(work, specs)), self._settings.student_work),
        ]


def limits_of(session: Session) -> Limits | None:
    """Those that count for whoever this session serves (db.py); None for a session that serves nobody."""
    found: Limits | None = session.info.get("limits")
    return found


def _student(session: Session) -> Viewer | None:
    """Who launches, where it is one."""
    viewer = viewer_of(session)
    return viewer if viewer and not viewer.teaches else None


def _never(use: Use) -> Words:
    if use.name == "STUDENT_WORK":
        return words(
            "all runs together are {work} of work, and {name} allows {limit}",
            work=power(use.more), name=use.name, limit=power(use.most),
        )  # fmt: skip
    return words(
        "{count:,} runs at once, and {name} allows {limit:,}", count=use.more, name=use.name, limit=use.most
    )  # fmt: skip


def _not_now(use: Use) -> Words:
    total = use.now + use.more
    if use.name == "QUEUE_LENGTH":
        return words(
            "The queue is full: with this {total:,} runs would wait, and {most:,} may. Launch it again when some have "
            "been trained.",
            total=total, most=use.most,
        )  # fmt: skip
    if use.name == "STUDENT_RUNS":
        return words(
            "With this {total:,} of your runs would wait or train, and {most:,} may at one time. Launch it again when "
            "some have ended, or cancel some.",
            total=total, most=use.most,
        )  # fmt: skip
    return words(
        "With this your runs that wait or train would be {total} of work together, and {most} may be at one time. "
        "Launch it again when some have ended, or cancel some.",
        total=power(total), most=power(use.most),
    )  # fmt: skip
