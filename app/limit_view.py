"""How far the limits are, before one of them is reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from app.i18n import gettext as _
from app.i18n import number
from app.limits import LABELS, Use, limits_of
from ml import cost
from ml.budget import power
from ml.fields import MAX_LAYER_SNAPSHOTS, MAX_PARAMETERS, MAX_STEPS
from ml.grid import MAX_RUNS
from ml.spec import RunSpec


@dataclass(frozen=True)
class Distance:
    """How much of a limit is used: of several runs by the one that comes closest, or by all together. A `share` above 1
    is too much."""

    label: str
    value: str
    share: float
    told: str


def distances(session: Session, specs: Sequence[RunSpec]) -> tuple[Distance, ...]:
    """From the limits of a run, of an experiment and, with these runs, of whoever launches them and of the queue."""
    return (*_of_spec(specs), *_of_launch(session, specs))


def _of_spec(specs: Sequence[RunSpec]) -> Iterator[Distance]:
    looks = max(cost.snapshots(spec) * len(spec.layers) for spec in specs)
    yield _distance(_("Parameters"), max(spec.parameters for spec in specs), MAX_PARAMETERS)
    yield _distance(_("Steps"), max(spec.steps for spec in specs), MAX_STEPS)
    yield _distance(_("Snapshots × layers"), looks, MAX_LAYER_SNAPSHOTS)
    if len(specs) > 1:
        yield _distance(_("Runs"), len(specs), MAX_RUNS)


def _of_launch(session: Session, specs: Sequence[RunSpec]) -> Iterator[Distance]:
    if limits := limits_of(session):
        yield _of_use(limits.largest(session, specs))
        for use in limits.uses(session, specs):
            shown = _of_use(use)
            counted = isinstance(use.more, int)
            yield replace(shown, value=f"{_amount(use.now)} + {_amount(use.more)}") if counted else shown


def _of_use(use: Use) -> Distance:
    return _distance(_(LABELS[use.name]), use.now + use.more, use.most)


def _distance(label: str, value: float, most: float) -> Distance:
    share = value / most
    percent = number(100 * share, ",.0f") if share >= 0.01 or not share else "<\N{NO-BREAK SPACE}1"
    told = _("{percent}\N{NO-BREAK SPACE}% of the limit of {most}", percent=percent, most=_amount(most))
    return Distance(label, _amount(value), share, told)


def _amount(value: float) -> str:
    """Counts whole, work in two digits."""
    return number(value, ",") if isinstance(value, int) else _(power(value))
