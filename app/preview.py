"""What the form shows of settings before they are run: what theory expects of them, and what they cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from sqlmodel import Session

from app import forms, svg
from app.figures import FIGURES, PAGE, marks
from app.figures.axes import Array, Json
from app.figures.theory import predicted
from app.i18n import gettext as _
from app.i18n import number
from app.limit_view import Distance, distances
from app.remarks import Remark, remarks
from app.wording import duration, layer_numbers, sentence
from ml import cost
from ml.spec import RunSpec
from ml.theory import Prediction, predict, without

HEIGHT = 176  # of a picture, px
# How many times weaker or stronger a signal may be at the last layer it reaches than at the first. Glorot & Bengio's
# tanh networks of five layers lose a factor of 8 to 12 with the standard initialisation and of 2 with theirs.
HEALTHY_RATIO, ALARM_RATIO = 3.0, 10.0


@dataclass(frozen=True)
class Expectation:
    """One signal on its way through the layers: a picture, what it means, and which layers it does not reach as it
    should (empty where it reaches all)."""

    title: str
    picture: Markup
    verdict: str
    alarm: bool
    lost: str


@dataclass(frozen=True)
class Preview:
    """Of the first run, where there are several. `reason` says why nothing is expected; empty where it is."""

    runs: int
    expectations: tuple[Expectation, ...]
    reason: str
    costs: tuple[tuple[str, str], ...]
    memory: tuple[tuple[str, str], ...]
    limits: tuple[Distance, ...]
    remarks: tuple[Remark, ...]


def preview(values: Mapping[str, str], session: Session) -> Preview | None:
    """Of the settings as they were typed; None where they are not right yet."""
    try:
        plan = forms.plan(values)
    except forms.Wrong:
        return None
    spec = plan.runs[0].spec
    prediction = predict(spec)
    expectations = tuple(_expectation(spec, prediction, signal) for signal in _WAYS) if prediction else ()
    specs = [run.spec for run in plan.runs]
    reason = sentence(_(without(spec)))
    limits = distances(session, specs)
    return Preview(len(specs), expectations, reason, _costs(specs), _memory(spec), limits, tuple(remarks(plan)))


# --- what it costs ---


def _costs(specs: Sequence[RunSpec]) -> tuple[tuple[str, str], ...]:
    first = specs[0]
    found = [(_("Memory of a step"), size_text(sum(cost.memory(first))))]
    found.append((_("Time"), _about(cost.run_seconds(first))))
    if len(specs) > 1:
        found.append((_("Time of all runs"), _about(sum(map(cost.run_seconds, specs)))))
    return tuple(found)


def _about(seconds: float) -> str:
    return _("about {duration}", duration=duration(seconds))


def _memory(spec: RunSpec) -> tuple[tuple[str, str], ...]:
    parts = cost.memory(spec)
    labels = (_("weights"), _("gradients"), _("optimizer"), _("activations of a batch"))
    return tuple((label, size_text(size)) for label, size in zip(labels, parts, strict=True))


def size_text(size: float) -> str:
    """Bytes as `412 KB`, `1.2 MB`, `3.4 GB`."""
    for unit in ("KB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{number(size, '.0f' if size >= 10 else '.1f')} {unit}"
    return f"{number(size / 1000, '.1f')} GB"


# --- what theory expects ---

# By the signal: the figure that a run has of it, and whether it sets out at the top.
_WAYS = {"activation": ("predicted_activation", False), "backprop_gradient": ("predicted_gradient", True)}


def _expectation(spec: RunSpec, prediction: Prediction, signal: str) -> Expectation:
    name, downwards = _WAYS[signal]
    stds = prediction.std(signal)
    drawn = predicted(spec, prediction, PAGE, signal, HEIGHT)
    on_its_way = [float(std) for std in (stds[::-1] if downwards else stds)]
    lost = lost_layers(on_its_way)
    if downwards:
        lost = [len(stds) + 1 - layer for layer in reversed(lost)]
    _mark(drawn, stds, lost)
    title = _(FIGURES[name].title)
    told = _lost_text(lost) if lost else ""
    return Expectation(title, Markup(svg.render(drawn, title)), *verdict(signal, on_its_way), told)


def lost_layers(stds: Sequence[float]) -> list[int]:
    """Numbers, from 1, of those where a signal with these standard deviations is over ALARM_RATIO times smaller or
    greater than at the first one, or nothing at all."""
    first = stds[0]
    return [
        layer
        for layer, std in enumerate(stds, 1)
        if not (math.isfinite(std) and std and first and 1 / ALARM_RATIO <= std / first <= ALARM_RATIO)
    ]


def _lost_text(layers: Sequence[int]) -> str:
    return _(
        "In red: {layers}, over {ratio} times weaker or stronger than where it sets out.",
        layers=layer_numbers(layers), ratio=int(ALARM_RATIO),
    )  # fmt: skip


def _mark(figure: Json, stds: Array, layers: Sequence[int]) -> None:
    """Draw these layers in the colour of alarm, where they can be drawn."""
    numbers = np.arange(1, len(stds) + 1)
    there = np.isin(numbers, layers) & np.isfinite(stds) & (stds > 0)
    if there.any():
        colour = PAGE.colour(lambda palette: palette.alarm)
        line = marks.line(numbers, np.where(there, stds, math.nan), _("lost"), colour, "solid", width=2.4)
        figure["data"].append(line | {"mode": "lines+markers"})


# What happens to a signal on its way: it shrinks, or it grows.
_SAYS = {
    "activation": {
        "infinite": "The signal grows beyond all numbers: it explodes.",
        "nothing": "The signal is 0: nothing gets through.",
        "alone": "With one hidden layer the signal has no way to go.",
        "steady": "The signal keeps its strength: healthy.",
        "shrinks": "The signal shrinks by a factor {factor:.3g} per layer: healthy.",
        "grows": "The signal grows by a factor {factor:.3g} per layer: healthy.",
        "fades": "The signal shrinks by a factor {factor:.3g} per layer: it fades.",
        "builds up": "The signal grows by a factor {factor:.3g} per layer: it builds up.",
        "vanishes": "The signal shrinks by a factor {factor:.3g} per layer: it vanishes.",
        "explodes": "The signal grows by a factor {factor:.3g} per layer: it explodes.",
    },
    "backprop_gradient": {
        "infinite": "The gradient grows beyond all numbers: it explodes.",
        "nothing": "The gradient is 0: nothing gets through.",
        "alone": "With one hidden layer the gradient has no way to go.",
        "steady": "The gradient keeps its strength: healthy.",
        "shrinks": "The gradient shrinks by a factor {factor:.3g} per layer: healthy.",
        "grows": "The gradient grows by a factor {factor:.3g} per layer: healthy.",
        "fades": "The gradient shrinks by a factor {factor:.3g} per layer: it fades.",
        "builds up": "The gradient grows by a factor {factor:.3g} per layer: it builds up.",
        "vanishes": "The gradient shrinks by a factor {factor:.3g} per layer: it vanishes.",
        "explodes": "The gradient grows by a factor {factor:.3g} per layer: it explodes.",
    },
}
VERDICTS = [says for table in _SAYS.values() for says in table.values()]


def verdict(signal: str, stds: Sequence[float]) -> tuple[str, bool]:
    """A sentence about a signal with these standard deviations, in the order in which it passes the layers, and whether
    it is an alarm: the last one is over ALARM_RATIO times smaller or greater than the first."""
    what, factor = _happens(stds)
    return _(_SAYS[signal][what], factor=factor), what in ("infinite", "nothing", "vanishes", "explodes")


def _happens(stds: Sequence[float]) -> tuple[str, float]:
    """What becomes of the signal, and by which factor per layer."""
    first, last = stds[0], stds[-1]
    if not all(map(math.isfinite, stds)):
        return "infinite", math.inf
    if not first or not last:
        return "nothing", math.inf
    if len(stds) == 1:
        return "alone", 1.0
    shrinks, ratio = last < first, max(last / first, first / last)
    factor = ratio ** (1 / (len(stds) - 1))
    if ratio <= HEALTHY_RATIO:
        return ("steady" if factor < 1.005 else "shrinks" if shrinks else "grows"), factor
    if ratio <= ALARM_RATIO:
        return ("fades" if shrinks else "builds up"), factor
    return ("vanishes" if shrinks else "explodes"), factor
