"""How certain a trained network is, from many passes with dropout."""

import math

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Array, Json
from app.i18n import gettext as _
from app.i18n import ngettext
from app.theme import Theme
from ml.records import RunRecord

_BINS = 24


def monte_carlo(run: RunRecord, theme: Theme) -> Json:
    """How uncertain the trained network is of each validation example, separately for those it answers rightly and
    wrongly. Dropout stays on for many passes, and the probabilities of all passes are averaged; drawn is the
    distribution of the entropy of that average, −Σ p log p, as a density.

    An entropy of 0 is certain of one class, the right end of the axis knows nothing. Wrong answers far to the right of
    right ones: the network knows when it does not know, and one can refuse its uncertain answers. Both alike: its
    certainty means nothing (Gal & Ghahramani, 2016; the lecture's Monte-Carlo dropout).
    """
    most = math.log(run.spec.class_count)
    edges = np.linspace(0, most, _BINS + 1)
    groups = _entropies(run)
    outlines = [_outline(values, edges) for values in groups.values()]
    top = max((max(y) for x, y in outlines), default=1.0)
    x_axis = axes.linear(theme, *axes.padded(0, most), _("predictive entropy, nats"))
    layout = marks.frame(
        theme, 250, x_axis, axes.linear(theme, *axes.padded(0, axes.round_limit(1.2 * top))), _("probability density")
    )
    if not groups:
        marks.say(layout, _why_nothing(run))
    looks = {"right": (theme.colour(lambda p: p.train), "solid"), "wrong": (theme.colour(lambda p: p.alarm), "6px,3px")}
    data = [
        marks.line(x, y, _answers(group, len(values)), *looks[group])
        for (group, values), (x, y) in zip(groups.items(), outlines, strict=True)
    ]
    _name_in_the_corner(layout, data)
    return {"data": data, "layout": layout}


def _answers(group: str, count: int) -> str:
    if group == "right":
        return ngettext("{count} right answer", "{count} right answers", count)
    return ngettext("{count} wrong answer", "{count} wrong answers", count)


def _why_nothing(run: RunRecord) -> str:
    if run.monte_carlo:
        return _("no answer is finite")
    return _("measured at the end of the run") if run.snapshots else _("waiting for the first snapshot")


def _entropies(run: RunRecord) -> dict[str, Array]:
    """Of the right and of the wrong answers, where there are any."""
    found = run.monte_carlo
    if found is None:
        return {}
    entropy, right = found.entropy.astype(np.float64), found.mean.argmax(axis=1) == found.labels
    groups = {"right": entropy[right], "wrong": entropy[~right]}
    return {name: values[np.isfinite(values)] for name, values in groups.items() if np.isfinite(values).any()}


def _outline(values: Array, edges: Array) -> tuple[Array, Array]:
    """The density as a line along the tops of its bins, from 0 to 0."""
    # Rounding may put the entropy of a uniform answer a hair beyond the last edge.
    density = np.histogram(values.clip(edges[0], edges[-1]), edges, density=True)[0]
    return np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(density, 2), [0.0]])


def _name_in_the_corner(layout: Json, lines: list[Json]) -> None:
    """Upper right, where few answers are: all outlines end in the same point."""
    for place, line in enumerate(lines):
        layout["annotations"].append(
            marks.note(line["name"], 1, 1, xref="paper", yref="paper", xanchor="right", yanchor="top",
                       yshift=-4 - 16 * place, font={"color": line["line"]["color"], "size": 11})
        )  # fmt: skip
