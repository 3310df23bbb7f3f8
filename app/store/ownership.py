"""Whose something is, and who may see it: for all queries of a session, in one place that no query can forget.

What is made for a viewer is theirs. A student reads what is theirs and the runs and experiments that are shown to the
class, and changes what is theirs; a teacher, and a session without a viewer, have all.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import event, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, col

from app.models import Answer, Experiment, Prediction, Run, Share
from app.store.turns import give_turns
from app.viewer import viewer_of

OWNED = (Run, Experiment, Prediction, Answer)
_SHOW = "show"  # in a session's info


def show_what_is_made(session: Session) -> None:
    """Runs and experiments that this session makes from now on are shown to the class."""
    session.info[_SHOW] = True


@event.listens_for(Session, "before_flush")
def _own(session: Session, *_: Any) -> None:
    viewer = viewer_of(session)
    for row in session.new:
        if viewer and isinstance(row, OWNED):
            row.owner_id = row.owner_id or viewer.id
        if isinstance(row, Run | Experiment) and session.info.get(_SHOW):
            row.shown = True
    give_turns(session, [row for row in session.new if isinstance(row, Run)])


@event.listens_for(Session, "do_orm_execute")
def _restrict(state: ORMExecuteState) -> None:
    viewer = viewer_of(state.session)  # type: ignore[arg-type]
    if viewer is None or viewer.sees_all or not (state.is_select or state.is_update or state.is_delete):
        return
    state.statement = state.statement.options(*_limits(viewer.id, state.is_select))


@lru_cache(maxsize=1000)  # made once for each student: that takes as long as a query
def _limits(member_id: str, reading: bool) -> list[Any]:
    """Predictions and answers are read by whoever may see the lab or the mystery: so many have said this."""
    runs, experiments = col(Run.owner_id) == member_id, col(Experiment.owner_id) == member_id
    shared = or_(
        col(Share.run_id).in_(select(col(Run.id)).where(runs)),
        col(Share.prediction_id).in_(select(col(Prediction.id)).where(col(Prediction.owner_id) == member_id)),
    )
    if reading:
        runs, experiments = or_(runs, col(Run.shown)), or_(experiments, col(Experiment.shown))
    return [
        with_loader_criteria(Run, runs),
        with_loader_criteria(Experiment, experiments),
        with_loader_criteria(Share, shared),
    ]
