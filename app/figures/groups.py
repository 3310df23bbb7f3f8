"""Groups of runs over the epochs: what differs, and what is only luck of the seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.figures import Figure, axes, marks
from app.figures.axes import Array, Json
from app.i18n import gettext as _
from app.theme import Theme, layer_dash

WIDE = 8.0  # from the least error to the greatest: beyond it the axis is logarithmic


@dataclass(frozen=True)
class GroupCurve:
    """Runs that differ in their seed alone: `errors` (runs, epochs) are fractions, NaN where there is none. `number` of
    `count` decides how the group is drawn, so that it looks the same when others come in."""

    name: str
    number: int
    count: int
    epochs: Array
    errors: Array


def error_by_group(theme: Theme, groups: Sequence[GroupCurve]) -> Json:
    """The share of wrong answers on the validation set over the epochs, one numbered line for each combination: the
    mean over its runs that have finished, and a band of one standard deviation of the sample (ddof 1) on either side
    where there are at least two. The axis is logarithmic where the errors fall far.

    Bands that lie apart are a difference that another draw of the weights would show too. Where they overlap, more
    seeds would have to tell.
    """
    lines = [_Line(theme, group) for group in groups]
    last = max((float(group.epochs[-1]) for group in groups), default=0.0) or 1.0
    x_axis = axes.linear(theme, -0.01 * last, 1.01 * last, _("epoch"))
    layout = marks.frame(theme, 320, x_axis, _error_axis(theme, lines), _("wrong answers, %"), right=36)
    if not groups:
        marks.say(layout, _("no run has finished yet"))
    traces = [line.trace(group.name) for line, group in zip(lines, groups, strict=True)]
    ends = [(group, marks.end(trace)) for group, trace in zip(groups, traces, strict=True)]
    marks.name_ends(layout, [end._replace(text=str(group.number + 1)) for group, end in ends if end], most=16)
    floor = 10 ** layout["yaxis"]["range"][0] if layout["yaxis"]["type"] == "log" else -math.inf
    return {"data": [*(line.band(floor) for line in lines if line.several), *traces], "layout": layout}


def _error_axis(theme: Theme, lines: Sequence["_Line"]) -> Json:
    """Logarithmic where the errors fall so far that their ends could not be told apart otherwise; not down to 0 where
    they stay far from it."""
    means = np.concatenate([[], *(line.mean for line in lines)])
    means = means[np.isfinite(means)]
    if means.size and means.max() > WIDE * means.min() > 0:
        return axes.log(theme, *axes.decades(means))
    edges = np.concatenate([[], *(line.mean + sign * line.std for line in lines for sign in (-1, 1))])
    edges = edges[np.isfinite(edges)] if means.size else np.array([0.0, 100.0])
    least, highest = float(edges.min()), float(edges.max())
    low = 10 * math.ceil(least / 10) - 10 if least > highest / 2 else 0
    return axes.linear(theme, *axes.padded(low, min(axes.round_limit(highest), 100.0)))


def group_colour(theme: Theme, number: int, count: int, alpha: float = 1) -> str:
    return theme.layer(number, max(count, 2), alpha)


class _Line:
    """A group's mean and standard deviation (epochs,), in percent; `several` tells whether there is one."""

    def __init__(self, theme: Theme, group: GroupCurve) -> None:
        errors = 100 * group.errors
        self.several = len(errors) > 1
        self.epochs, self.mean = group.epochs, errors.mean(axis=0)
        self.std = errors.std(axis=0, ddof=1) if self.several else np.zeros_like(self.mean)
        self._colours = [group_colour(theme, group.number, group.count, alpha) for alpha in (1, 0.16)]
        self._dash = layer_dash(group.number)

    def trace(self, name: str) -> Json:
        return marks.line(self.epochs, self.mean, name, self._colours[0], self._dash)

    def band(self, floor: float) -> Json:
        """Not below `floor`: a logarithmic axis ends there."""
        low, high = np.maximum(self.mean - self.std, floor), self.mean + self.std
        return marks.band(self.epochs, low, high, "± std", self._colours[1])


ERROR_BY_GROUP = Figure(
    "error_by_group",
    "Validation error over the epochs",
    "mean ± std over the seeds of each combination",
    error_by_group,
)
