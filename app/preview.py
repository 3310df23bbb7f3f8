"""What the form shows of settings before they are run: what theory expects of them, and how large the run is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from pydantic import ValidationError

from app import forms, svg
from app.figures import FIGURES, PAGE
from app.figures.theory import predicted
from app.wording import sentence
from ml.spec import RunSpec
from ml.theory import Prediction, predict, without

HEIGHT = 176  # of a picture, px
# How many times weaker or stronger a signal may be at the last layer it reaches than at the first. Glorot & Bengio's
# tanh networks of five layers lose a factor of 8 to 12 with the standard initialisation and of 2 with theirs.
HEALTHY_RATIO, ALARM_RATIO = 3.0, 10.0


@dataclass(frozen=True)
class Expectation:
    """One signal on its way through the layers: a picture, and what it means."""

    title: str
    picture: Markup
    verdict: str
    alarm: bool


@dataclass(frozen=True)
class Preview:
    """`reason` says why nothing is expected; empty where it is."""

    expectations: tuple[Expectation, ...]
    reason: str
    counts: tuple[tuple[str, int], ...]


def preview(values: Mapping[str, str]) -> Preview | None:
    """Of the settings as they were typed; None where they are not right yet."""
    try:
        spec = RunSpec.model_validate(forms.parse(values))
    except ValidationError:
        return None
    prediction = predict(spec)
    expectations = tuple(_expectation(spec, prediction, signal) for signal in _WAYS) if prediction else ()
    snapshots = math.ceil(spec.steps / spec.snapshot_interval) + 1
    counts = (("parameters", spec.parameters), ("steps", spec.steps), ("snapshots", snapshots))
    return Preview(expectations, sentence(without(spec)), counts)


# By the signal: the figure that a run has of it, what it is called, and whether it sets out at the top.
_WAYS = {
    "activation": ("predicted_activation", "signal", False),
    "backprop_gradient": ("predicted_gradient", "gradient", True),
}


def _expectation(spec: RunSpec, prediction: Prediction, signal: str) -> Expectation:
    name, noun, downwards = _WAYS[signal]
    drawn = predicted(spec, prediction, PAGE, signal, HEIGHT)
    stds = [float(std) for std in prediction.std(signal)]
    title = FIGURES[name].title
    return Expectation(title, Markup(svg.render(drawn, title)), *verdict(noun, stds[::-1] if downwards else stds))


def verdict(noun: str, stds: list[float]) -> tuple[str, bool]:
    """A sentence about a signal with these standard deviations, in the order in which it passes the layers, and whether
    it is an alarm: the last one is over ALARM_RATIO times smaller or greater than the first."""
    first, last = stds[0], stds[-1]
    if not all(map(math.isfinite, stds)):
        return f"The {noun} grows beyond all numbers: it explodes.", True
    if not first or not last:
        return f"The {noun} is 0: nothing gets through.", True
    if len(stds) == 1:
        return f"With one hidden layer the {noun} has no way to go.", False
    shrinks, ratio = last < first, max(last / first, first / last)
    factor = ratio ** (1 / (len(stds) - 1))
    change = f"{'shrinks' if shrinks else 'grows'} by a factor {factor:.3g} per layer"
    if ratio <= HEALTHY_RATIO:
        return f"The {noun} {change if factor >= 1.005 else 'keeps its strength'}: healthy.", False
    if ratio <= ALARM_RATIO:
        return f"The {noun} {change}: it {'fades' if shrinks else 'builds up'}.", False
    return f"The {noun} {change}: it {'vanishes' if shrinks else 'explodes'}.", True
