"""What a class may see of a mystery's run: its numbers, and nothing of what they come from.

The pages and routes of the class are given a run whose spec is not the true one. What is not there can't be told.
"""

from dataclasses import replace
from itertools import cycle, islice

from app.figure_routes import EVERYTHING, Offer
from app.models import Mystery
from ml.records import RunRecord
from ml.spec import RunSpec

# Not those that need the spec, nor those that only runs with a certain setting have.
FIGURES_SHOWN = (
    "loss", "error", "saturation", "gradient_overview", "dead_overview", "activation", "backprop_gradient",
    "weight_gradient", "weight", "bands", "gradient_flow", "jacobian", "update_ratio", "gradient_norm", "dead",
)  # fmt: skip
# Layers of both kinds, so that no axis and no word is that of one kind.
_ANY_KIND = ("relu", "tanh")


BLINDED = "mystery"  # instead of the run's id


def as_the_class_sees_it(run: RunRecord, mystery: Mystery) -> RunRecord:
    """With the mystery's title; with its true spec once that is revealed."""
    if not mystery.revealed:
        return blinded(run, mystery.title)
    return replace(run, spec=run.spec.model_copy(update={"name": mystery.title}))


def figures_for_the_class(run: RunRecord) -> Offer:
    """Of a run as the class sees it."""
    return Offer(FIGURES_SHOWN, theory=False) if run.id == BLINDED else EVERYTHING


def blinded(run: RunRecord, title: str) -> RunRecord:
    """The run under another name, with what its charts must know: layers, steps, epochs, and how it was looked at."""
    return RunRecord(
        id=BLINDED, spec=_what_charts_need(run.spec, title), status=run.status, step=run.step, attempt=run.attempt,
        started=run.started, finished=run.finished, snapshots=run.snapshots,
    )  # fmt: skip


def _what_charts_need(spec: RunSpec, title: str) -> RunSpec:
    return RunSpec.model_construct(
        name=title, hidden=(1,) * spec.depth, activation=tuple(islice(cycle(_ANY_KIND), spec.depth)),
        epochs=spec.epochs, steps_per_epoch=spec.steps_in_epoch, snapshot_every=spec.snapshot_interval,
        monitor_size=spec.monitor_size, bins=spec.bins,
    )  # fmt: skip
