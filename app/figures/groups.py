"""Groups of runs over the epochs: what differs, and what is only luck of the seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.figures import Figure, axes, marks
from app.figures.axes import Array, Json
from app.i18n import gettext as _
from app.theme import Theme, layer_dash


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
    where there are at least two.

    Bands that lie apart are a difference that another draw of the weights would show too. Where they overlap, more
    seeds would have to tell.
    """
    lines = [_Line(theme, group) for group in groups]
    last = max((float(group.epochs[-1]) for group in groups), default=0.0) or 1.0
    highest = max((float(np.nanmax(line.high, initial=0.0)) for line in lines), default=0.0)
    x_axis = axes.linear(theme, -0.01 * last, 1.01 * last, _("epoch"))
    y_axis = axes.linear(theme, *axes.padded(0, min(axes.round_limit(highest), 100.0)))
    layout = marks.frame(theme, 320, x_axis, y_axis, _("wrong answers, %"), right=36)
    if not groups:
        marks.say(layout, _("no run has finished yet"))
    ends = [(group, marks.end(line.mean)) for group, line in zip(groups, lines, strict=True)]
    marks.name_ends(layout, [end._replace(text=str(group.number + 1)) for group, end in ends if end], most=16)
    return {"data": [*(line.band for line in lines if line.band), *(line.mean for line in lines)], "layout": layout}


def group_colour(theme: Theme, number: int, count: int, alpha: float = 1) -> str:
    return theme.layer(number, max(count, 2), alpha)


class _Line:
    """A group's mean and its band; `high` is the band's upper edge in percent."""

    def __init__(self, theme: Theme, group: GroupCurve) -> None:
        colour, translucent = (group_colour(theme, group.number, group.count, alpha) for alpha in (1, 0.16))
        errors = 100 * group.errors
        several = len(errors) > 1
        mean = errors.mean(axis=0)
        std = errors.std(axis=0, ddof=1) if several else np.zeros_like(mean)
        self.high = mean + std
        self.mean = marks.line(group.epochs, mean, group.name, colour, layer_dash(group.number))
        self.band = marks.band(group.epochs, mean - std, self.high, group.name, translucent) if several else None


ERROR_BY_GROUP = Figure(
    "error_by_group",
    "Validation error over the epochs",
    "mean ± std over the seeds of each combination",
    error_by_group,
)
