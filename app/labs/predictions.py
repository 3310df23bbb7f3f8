"""What students expect of a lab before they see its charts, and which of them this browser has said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session

from app import store
from app.forms import whole_number
from app.models import Prediction
from app.viewer import who_asks
from ml.labs import Lab

SAID, LOOKED, NAME = "predictions", "looked", "name"  # in the session's cookie
MOST = 50  # that a browser remembers of each


@dataclass(frozen=True)
class Tally:
    """One choice: how many have predicted it, whether this browser has, and whether it came true."""

    text: str
    count: int
    share: float
    mine: bool
    true: bool


def said_here(request: Request, session: Session, experiment_id: str) -> Prediction | None:
    """This browser's newest prediction of the experiment."""
    return newest_here(request, store.experiment_predictions(session, experiment_id))


def newest_here(request: Request, given: Sequence[Prediction]) -> Prediction | None:
    """Of those that this browser has said, or who is signed in, the newest."""
    mine, viewer = request.session.get(SAID, []), who_asks(request)
    found = [one for one in given if one.id in mine or (viewer and one.owner_id == viewer.id)]
    return max(found, key=lambda one: (one.created, one.id in mine and mine.index(one.id)), default=None)


def choice_of(lab: Lab, text: str) -> int | None:
    """The place of a choice, as a form sends it; None for anything else."""
    place = whole_number(text)
    return place if place is not None and place < len(lab.choices) else None


def may_see(request: Request, experiment_id: str, said: Prediction | None) -> bool:
    """Whoever has predicted sees what came of it; or whoever only wants to look."""
    return said is not None or experiment_id in request.session.get(LOOKED, [])


def remember(request: Request, key: str, value: str) -> None:
    """In the session, where the newest is the last."""
    request.session[key] = [*(x for x in request.session.get(key, []) if x != value), value][-MOST:]


def tallies(lab: Lab, predictions: Sequence[Prediction], mine: Prediction | None, outcome: int | None) -> list[Tally]:
    """In the order of the choices."""
    counts = Counter(one.choice for one in predictions)
    most = max(counts.values(), default=1)
    return [
        Tally(choice.text, counts[i], counts[i] / most, mine is not None and mine.choice == i, i == outcome)
        for i, choice in enumerate(lab.choices)
    ]
