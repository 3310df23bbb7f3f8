"""Whose something is: what is made for a viewer is theirs."""

from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from app.models import Answer, Experiment, Prediction, Run
from app.store.turns import give_turns
from app.viewer import viewer_of

OWNED = (Run, Experiment, Prediction, Answer)


@event.listens_for(Session, "before_flush")
def _own(session: Session, *_: Any) -> None:
    """In one place, so that no way of making something forgets it."""
    made = [row for row in session.new if isinstance(row, OWNED)]
    if viewer := viewer_of(session):
        for row in made:
            row.owner_id = row.owner_id or viewer.id
    give_turns(session, [row for row in made if isinstance(row, Run)])
