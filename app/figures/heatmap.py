"""The whole run in one picture, layer by epoch: what saturates, how much gradient arrives, which units are dead."""

import math

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Array, Json, numbers
from app.figures.over_epochs import epoch_axis
from app.i18n import gettext as _
from app.i18n import number
from app.theme import Theme
from app.ticks import power_of_ten
from ml.records import RunRecord

_COLUMNS = 300  # more could not be told apart on a screen
_SPACED_COLUMNS = 60  # more are too narrow for gaps between them
_MOST_DECADES = 20  # below the largest gradient; smaller ones look alike


def saturation(run: RunRecord, theme: Theme) -> Json:
    """The share of units and examples on the flat side of the activation, where its slope is less than 5 % of its
    greatest: hidden layer by epoch, the layer next to the input at the bottom.

    A saturated unit passes hardly any gradient on. With sigmoid the top layer saturates first; in tanh networks with
    the standard initialisation the bottom one, then the next (Glorot & Bengio, 2010, section 3). For ReLU and its
    family this is the share of inactive units: about half is healthy, nearly all is a dying layer.
    """
    word = saturation_word(run)
    most = 0.6 if word == "saturated" else 1.0
    title = {
        "saturated": _("share of saturated units"),
        "inactive": _("share of inactive units"),
        "flat": _("share of units on the flat side"),
    }[word]
    hover = _("layer %{y}, epoch %{x}: %{z:.1%}")
    scale = {"zmin": 0, "zmax": most, "colorscale": theme.scale(lambda p: p.saturation), "colorbar": _percents(most)}
    return _overview(
        run,
        theme,
        run.health("saturated"),
        scale | {"name": title, "hovertemplate": hover},
        _("grey: has no flat side"),
    )


def gradient_overview(run: RunRecord, theme: Theme) -> Json:
    """The standard deviation of the gradient that arrives at each hidden layer's pre-activations, N · ∂C/∂s, as its
    power of ten: hidden layer by epoch, the layer next to the input at the bottom.

    One colour from bottom to top: every layer is taught equally. Darker row by row towards the bottom: the gradient
    vanishes on its way down, and those layers hardly learn. Brighter towards the bottom: it explodes. A column that
    differs from its neighbours is a moment when the whole network changed (Glorot & Bengio, 2010, figure 7).
    """
    std = run.statistic("backprop_gradient", "std")
    with np.errstate(divide="ignore"):
        exponents = np.where(std > 0, np.log10(std), math.nan)
    low, high = _limits(exponents)
    title = _("log₁₀ of the std of the gradient")
    hover = _("layer %{y}, epoch %{x}: 10^%{z:.2f}")
    scale = {"zmin": low, "zmax": high, "colorscale": theme.scale(lambda p: p.gradient), "colorbar": _powers(low, high)}
    return _overview(run, theme, exponents, scale | {"name": title, "hovertemplate": hover}, _("grey: exactly 0"))


def dead_overview(run: RunRecord, theme: Theme) -> Json:
    """The share of dead units, which are on the flat side of their activation for every single monitoring example:
    hidden layer by epoch, the layer next to the input at the bottom.

    A dead unit gets no gradient and as a rule stays dead. A row that takes colour at one epoch and keeps it lost its
    units in a few steps that were too large: take a smaller learning rate. A row with colour from the start has biases
    or weights that silence it (Maas et al., 2013, on units that cannot die).
    """
    title = _("share of dead units")
    hover = _("layer %{y}, epoch %{x}: %{z:.1%}")
    scale = {"zmin": 0, "zmax": 1.0, "colorscale": theme.scale(lambda p: p.saturation), "colorbar": _percents(1.0)}
    return _overview(
        run, theme, run.health("dead"), scale | {"name": title, "hovertemplate": hover}, _("grey: has no flat side")
    )


def _overview(run: RunRecord, theme: Theme, values: Array, look: Json, why_nothing: str) -> Json:
    """`values` (snapshots, hidden layers), NaN where there is none; `look` are scale, name and hover of the cells;
    `why_nothing` tells why a finite run has cells without a value."""
    epochs = run.epochs
    values = np.where(run.statistic("activation", "nonfinite") > 0, math.nan, values)
    half_a_column = (epochs[-1] - epochs[-2]) / 2 if len(epochs) > 1 else 0.5
    x_axis = epoch_axis(run, theme, air=half_a_column) | {"showgrid": False}
    y_axis = axes.layers(theme, run.spec.depth) | {"showgrid": False}
    layout = marks.frame(theme, 230, x_axis, y_axis, _("hidden layer"), right=76)
    left, right = x_axis["range"]
    columns = _thinned(len(epochs))
    cells = {
        "type": "heatmap",
        "x": numbers(epochs[i] for i in columns),
        "y": list(range(1, run.spec.depth + 1)),
        "xgap": 1 if (right - left) / half_a_column <= 2 * _SPACED_COLUMNS else 0,
        "ygap": 1,
    }
    data = [
        cells
        | look
        | {"z": [numbers(row) for row in values[columns].T], "hovertemplate": look["hovertemplate"] + "<extra></extra>"}
    ]
    if not run.snapshots:
        marks.say(layout, _("waiting for the first snapshot"))
    elif not np.isfinite(values).all():
        data.append(_nothing(theme, cells, values[columns]))
        layout["annotations"].append(_why_grey(run, theme, why_nothing))
    return {"data": data, "layout": layout}


def _why_grey(run: RunRecord, theme: Theme, otherwise: str) -> Json:
    """Above the plot, on the right: a text on the cells could not be read."""
    diverged = run.diverged_at
    text = _("not finite from epoch {epoch:.4g}", epoch=diverged.epoch) if diverged else otherwise
    colour = theme.colour(lambda p: p.alarm if diverged else p.muted)
    return marks.note(
        text, 1, 1, xref="paper", yref="paper", xanchor="right", yanchor="bottom", yshift=6,
        font={"color": colour, "size": 11},
    )  # fmt: skip


def _nothing(theme: Theme, cells: Json, values: Array) -> Json:
    """The cells without a value, in a colour that the scale does not have."""
    colour = theme.colour(lambda p: p.nothing)
    return cells | {
        "z": [[None if there else 0 for there in row] for row in np.isfinite(values.T).tolist()],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, colour], [1, colour]],
        "showscale": False,
        "hovertemplate": _("layer %{y}, epoch %{x}: 0 or not finite") + "<extra></extra>",
    }


def saturation_word(run: RunRecord) -> str:
    """What a unit on the flat side is called: an activation without an upper bound is switched off there. A network
    with units of both kinds has no word for them."""
    can = [activation for activation in run.spec.activations if activation.max_slope]
    bounded = [activation.range is not None for activation in can]
    if any(bounded) and not all(bounded):
        return "flat"
    return "inactive" if bounded and not any(bounded) else "saturated"


def _percents(most: float) -> Json:
    texts = [f"{number(100 * share, 'g')} %" for share in (0, most / 2, most)]
    return _colour_bar([0, most / 2, most], [*texts[:2], texts[2] if most == 1 else f"≥ {texts[2]}"])


def _limits(exponents: Array) -> tuple[float, float]:
    """Half-decades around what is finite, with at least two whole powers of ten between them."""
    finite = exponents[np.isfinite(exponents)]
    if not finite.size:
        return -1.0, 0.0
    high = math.ceil(2 * finite.max()) / 2
    low = max(math.floor(2 * finite.min()) / 2, high - _MOST_DECADES)
    return (low, high) if math.floor(high) > math.ceil(low) else (math.floor(low), math.ceil(high) + (low == high))


def _powers(low: float, high: float) -> Json:
    """At most six powers of ten, on round steps."""
    step = math.ceil((high - low) / 5)
    exponents = range(math.ceil(low / step) * step, math.floor(high) + 1, step)
    return _colour_bar(list(exponents), [power_of_ten(exponent) for exponent in exponents])


def _colour_bar(values: list[float] | list[int], texts: list[str]) -> Json:
    return {
        "x": 1,
        "xpad": 6,
        "ypad": 0,
        "thickness": 10,
        "len": 1,
        "outlinewidth": 0,
        "ticks": "",
        "tickfont": {"size": 11},
        "tickvals": values,
        "ticktext": texts,
    }


def _thinned(count: int) -> list[int]:
    """Indices of at most about `_COLUMNS` of `count` snapshots, the first and the last among them."""
    every = max(1, math.ceil(count / _COLUMNS))
    return sorted({*range(0, count, every), *range(count)[-1:]})
