"""The list of all labs: by the lecture's topics, then the paper's figures, each with how it stands here."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from app import store, wording
from app.i18n import gettext as _
from app.labs import kept
from app.labs.result_view import MARKS, TONES
from app.models import ACTIVE
from app.store import ExperimentRecord
from app.wording import sentence
from ml.labs import LABS, Lab
from ml.labs.verdict import WORDS

PAPER = "Glorot & Bengio (2010)"


@dataclass(frozen=True)
class Standing:
    """Of a lab's newest experiment: `word` is its verdict or, without one, how its runs stand."""

    address: str
    word: str
    mark: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Entry:
    """A lab in the list; `standing` is None where nobody has run it here."""

    name: str
    lab: Lab
    standing: Standing | None


def groups(session: Session) -> dict[str, list[Entry]]:
    """By their headings, in the order of the labs. What only the paper says comes last."""
    standing = standings(session)
    found: dict[str, list[Entry]] = {}
    for name, lab in [*_of_the_lecture(LABS.items()), *_of_the_paper(LABS.items())]:
        heading = _(lab.topic) if lab.rows else PAPER
        found.setdefault(heading, []).append(Entry(name, lab, standing.get(name)))
    return found


def _of_the_lecture(labs: Iterable[tuple[str, Lab]]) -> list[tuple[str, Lab]]:
    return [(name, lab) for name, lab in labs if lab.rows]


def _of_the_paper(labs: Iterable[tuple[str, Lab]]) -> list[tuple[str, Lab]]:
    return [(name, lab) for name, lab in labs if not lab.rows]


def newest(session: Session, most: int) -> list[Entry]:
    """Those that were run here last, the newest first."""
    return [Entry(name, LABS[name], standing) for name, standing in list(standings(session).items())[:most]]


def standings(session: Session) -> dict[str, Standing]:
    """By the lab's name, of those that were run here, the newest first."""
    newest = store.newest_labs(session)
    ids = [experiment.id for experiment in newest.values()]
    counts, words = store.count_runs_by_status(session, ids), kept.verdicts(session, ids)
    return {
        name: _standing(experiment, counts[experiment.id], words.get(experiment.id, ""))
        for name, experiment in newest.items()
        if name in LABS and experiment.id in counts
    }


def _standing(experiment: ExperimentRecord, counts: dict[str, int], word: str) -> Standing:
    address = f"/labs/{experiment.lab}/{experiment.id}"
    if any(status in counts for status in ACTIVE):
        runs, finished = sum(counts.values()), counts.get("finished", 0)
        return Standing(address, _("{finished} of {runs} finished", finished=finished, runs=runs), tone="fair")
    broken = "failed" in counts or "cancelled" in counts
    if word in MARKS and not (broken and word == "undecided"):
        return Standing(address, sentence(_(WORDS[word])), MARKS[word], TONES[word])  # type: ignore[index]
    status = next(status for status in ("failed", "cancelled", "finished") if status in counts)
    return Standing(address, wording.status(status))
