"""The whole run in one picture: which layers saturate when."""

import math

from app.figures import axes, marks
from app.figures.axes import Json, numbers
from app.figures.over_epochs import epoch_axis
from app.theme import Theme
from ml.records import RunRecord

_COLUMNS = 300  # more could not be told apart on a screen
_SPACED_COLUMNS = 60  # more are too narrow for gaps between them


def saturation(run: RunRecord, theme: Theme) -> Json:
    """The share of units and examples on the flat side of the activation, where its slope is less than 5 % of its
    greatest: hidden layer by epoch, the layer next to the input at the bottom.

    A saturated unit passes hardly any gradient on. With sigmoid the top layer saturates first; in tanh networks with
    the standard initialisation the bottom one, then the next (Glorot & Bengio, 2010, section 3). For ReLU and its
    family this is the share of inactive units: about half is healthy, nearly all is a dying layer.
    """
    share, epochs = run.health("saturated"), run.epochs
    share[run.statistic("activation", "nonfinite") > 0] = math.nan
    columns = _thinned(len(epochs))
    depth = share.shape[1]
    half_a_column = (epochs[-1] - epochs[-2]) / 2 if len(epochs) > 1 else 0.5
    x_axis = epoch_axis(run, theme, air=half_a_column) | {"showgrid": False}
    layout = marks.frame(theme, 230, x_axis, axes.layers(theme, depth) | {"showgrid": False}, "hidden layer", right=76)
    left, right = x_axis["range"]
    most = 1.0 if saturation_word(run) == "inactive" else 0.6
    data: list[Json] = [
        {
            "type": "heatmap",
            "x": numbers(epochs[i] for i in columns),
            "y": list(range(1, depth + 1)),
            "z": [numbers(share[columns, i]) for i in range(depth)],
            "zmin": 0,
            "zmax": most,
            "colorscale": theme.saturation(),
            "xgap": 1 if (right - left) / half_a_column <= 2 * _SPACED_COLUMNS else 0,
            "ygap": 1,
            "colorbar": _colour_bar(most),
            "hovertemplate": f"layer %{{y}}, epoch %{{x}}: %{{z:.1%}} {saturation_word(run)}<extra></extra>",
        }
    ]
    if not epochs:
        marks.say(layout, "waiting for the first snapshot")
    return {"data": data, "layout": layout}


def saturation_word(run: RunRecord) -> str:
    """What a unit on the flat side is called: an activation without an upper bound is switched off there."""
    can = [activation for activation in run.spec.activations if activation.max_slope]
    return "inactive" if can and not any(activation.range for activation in can) else "saturated"


def _colour_bar(most: float) -> Json:
    return {
        "x": 1,
        "xpad": 6,
        "ypad": 0,
        "thickness": 10,
        "len": 1,
        "outlinewidth": 0,
        "ticks": "",
        "tickfont": {"size": 11},
        "tickvals": [0, most / 2, most],
        "ticktext": ["0 %", f"{most * 50:g} %", f"{'' if most == 1 else '≥ '}{most * 100:g} %"],
    }


def _thinned(count: int) -> list[int]:
    """Indices of at most about `_COLUMNS` of `count` snapshots, the first and the last among them."""
    every = max(1, math.ceil(count / _COLUMNS))
    return sorted({*range(0, count, every), *range(count)[-1:]})
