"""What theory predicts for step 0 against what was measured there, layer by layer."""

import math

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Array, Json
from app.i18n import gettext as _
from app.theme import Theme
from ml.records import RunRecord
from ml.spec import RunSpec
from ml.theory import Prediction, predict, without


def predicted_activation(run: RunRecord, theme: Theme) -> Json:
    """The standard deviation of each hidden layer's activations z before the first step, over all units and all
    monitoring examples: measured, and as theory predicts it from the initialisation alone. The axis is logarithmic.

    Each layer multiplies the variance by fan_in · Var W and by what its activation lets through (Glorot & Bengio, 2010,
    equation 5; Poole et al., 2016, for activations that are not linear). A straight slope is the same factor in every
    layer: downwards the signal vanishes on its way up, upwards it explodes, a level line keeps it. Theory speaks of
    very wide layers; the narrower and deeper the network, the further its one draw of weights may stray.
    """
    return _compared(run, theme, "activation")


def predicted_gradient(run: RunRecord, theme: Theme) -> Json:
    """The standard deviation of the gradient that arrives at each hidden layer's pre-activations, N · ∂C/∂s, before the
    first step: measured, and as theory predicts it from the initialisation alone. The axis is logarithmic.

    On its way down each layer multiplies the variance by its units · Var W, and the layer below by the mean of f′(s)²
    (Glorot & Bengio, 2010, equation 6; Schoenholz et al., 2017). Read it from right to left: a line that falls towards
    the first layer is a gradient that vanishes, one that rises explodes. Level lines in both figures are what an
    initialisation is chosen for.
    """
    return _compared(run, theme, "backprop_gradient")


def predicted(spec: RunSpec, prediction: Prediction, theme: Theme, signal: str, height: int) -> Json:
    """The same figure for settings that nobody has run yet: without a measured line."""
    return _figure(spec, theme, signal, height, {"predicted": prediction.std(signal)})


def _compared(run: RunRecord, theme: Theme, signal: str) -> Json:
    if not run.snapshots:
        figure = _figure(run.spec, theme, signal, 260, {})
        marks.say(figure["layout"], _("waiting for the first snapshot"))
        return figure
    prediction = predict(run.spec)
    expected = {"predicted": prediction.std(signal)} if prediction else {}
    return _figure(run.spec, theme, signal, 260, {"measured": run.statistic(signal, "std")[0]} | expected)


def _figure(spec: RunSpec, theme: Theme, signal: str, height: int, stds: dict[str, Array]) -> Json:
    """`stds` (hidden layers,) by the name of their line."""
    data = [_line(theme, what, std) for what, std in stds.items()]
    low, high = axes.decades(np.concatenate([[], *stds.values()]))
    reason = without(spec) if stds else ""
    # The reason gets a decade of its own, which no line enters.
    y_axis = axes.log(theme, low, high + bool(reason))
    x_axis = axes.layers(theme, spec.depth, _("hidden layer"))
    layout = marks.frame(theme, height, x_axis, y_axis, _title(signal), right=70)
    if reason:
        layout["annotations"].append(
            marks.note(_(reason), 0.5, 1, xref="paper", yref="paper", yanchor="top", yshift=-8)
        )
    ends = [end for trace in data if (end := marks.end(trace))]
    if stds and not ends:
        marks.say(layout, _("0 or not finite in every layer"))
    marks.name_ends(layout, ends)
    return {"data": data, "layout": layout}


def _title(signal: str) -> str:
    return _("std of the activation z") if signal == "activation" else _("std of the gradient N · ∂C/∂s")


def _line(theme: Theme, what: str, std: Array) -> Json:
    layers, positive = range(1, len(std) + 1), np.where(std > 0, std, math.nan)
    if what == "predicted":
        return marks.line(layers, positive, _("predicted"), theme.colour(lambda p: p.muted), "6px,3px")
    return marks.line(layers, positive, _("measured"), theme.colour(lambda p: p.train), "solid") | {
        "mode": "lines+markers"
    }
