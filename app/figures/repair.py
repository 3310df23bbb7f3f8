"""A run and its repair on the same axes: the quantity that was wrong beside its limit, and what came of it."""

from collections.abc import Sequence

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Json
from app.figures.compare import Group
from app.i18n import gettext as _
from app.theme import Theme, run_dash
from ml.records import RunRecord
from ml.rules import Limit
from ml.rules.courses import course

_LOGARITHMIC = ("exploding_gradient", "vanishing_gradient", "update_too_large", "update_too_small")


def pair(before: RunRecord, after: RunRecord) -> tuple[Group, Group]:
    """Each with the colour and the dashes that it has wherever the two are compared."""
    return Group(0, (before,), _("before")), Group(1, (after,), _("after"))


def quantity(
    groups: Sequence[Group], theme: Theme, rule: str, limit: Limit, title: str, unit: float = 1
) -> Json | None:
    """What the rule reads over the epochs, times `unit`; None where that has no course."""
    courses = [course(group.runs[0], rule) for group in groups]
    if None in courses:
        return None
    points = [(found.epochs, unit * found.values) for found in courses if found]
    level = unit * limit.threshold
    values = np.concatenate([[level], *(y for _x, y in points)])
    y_axis = axes.fitting(theme, values, rule in _LOGARITHMIC)
    end = max((float(x[-1]) for x, _y in points if len(x)), default=1.0) or 1.0
    x_axis = axes.linear(theme, -0.01 * end, 1.01 * end, _("epoch"))
    layout = marks.frame(theme, 270, x_axis, y_axis, title, right=60)
    lines = [
        marks.line(x, axes.shown(y, y_axis), group.letter, group.colour(theme), run_dash(group.place), 2)
        for group, (x, y) in zip(groups, points, strict=True)
    ]
    bound = marks.guide(theme, layout, level, _("limit"), lambda palette: palette.alarm)
    marks.name_ends(layout, [bound, *(found for line in lines if (found := marks.end(line)))])
    return {"data": lines, "layout": layout}
