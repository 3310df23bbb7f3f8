"""Several runs in one figure, or side by side on one scale: pure functions of the runs -> Plotly figure.

A run is told apart by its letter, its own colour, and the dashes of its place, on every one of them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Array, Json
from app.figures.densities import outline
from app.figures.heatmap import saturation
from app.figures.layer_lines import layer_label, layer_line, name_lines
from app.i18n import gettext as _
from app.theme import Theme, run_dash
from ml.records import RunRecord, StepRecord

LETTERS = "ABCDEFGH"
MOST_RUNS = len(LETTERS)


@dataclass(frozen=True)
class Group:
    """Runs that are drawn as one line: their mean, with a band of ± std where there is more than one. `name` is what
    they are called there, by default their letter."""

    place: int
    runs: tuple[RunRecord, ...]
    name: str = ""

    @property
    def letter(self) -> str:
        """`A`, or `A×3` for the three runs that begin with A."""
        return self.name or LETTERS[self.place] + (f"×{len(self.runs)}" if len(self.runs) > 1 else "")

    def colour(self, theme: Theme, alpha: float = 1) -> str:
        return theme.run_colour(self.runs[0].colour, alpha)


def groups(runs: Sequence[RunRecord], together: bool) -> list[Group]:
    """Each run by itself or, `together`, those that differ in nothing but seed and name as one."""
    found: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        found.setdefault(_without_seed(run) if together else run.id, []).append(place)
    return [Group(places[0], tuple(runs[place] for place in places)) for places in found.values()]


def _without_seed(run: RunRecord) -> str:
    return run.spec.model_dump_json(exclude={"seed", "name"})


# --- curves ---


def curves(shown: Sequence[Group], theme: Theme, metric: str, title: str, by: str = "epoch", unit: float = 1) -> Json:
    """One metric over the epochs or steps, one line for each group of runs, all on the same axes."""
    means = [_mean_and_std(group, metric, by, unit) for group in shown]
    ends = [y for _x, mean, std in means for y in (mean - std, mean + std)]
    x_axis = _moments_axis(theme, [float(x[-1]) for x, *_ in means if len(x)], by)
    y_axis = axes.fitting(theme, np.concatenate(ends), None)
    layout = marks.frame(theme, 270, x_axis, y_axis, title, right=52)
    bands = [
        marks.band(x, mean - std, mean + std, _("{run} ± std", run=group.letter), group.colour(theme, 0.18))
        for group, (x, mean, std) in zip(shown, means, strict=True)
        if len(group.runs) > 1
    ]
    lines = [_line(group, theme, x, mean) for group, (x, mean, _std) in zip(shown, means, strict=True)]
    marks.name_ends(layout, [end for line in lines if (end := marks.end(line))])
    if not any(len(x) for x, *_ in means):
        marks.say(layout, _("waiting for the first snapshot"))
    return {"data": [*bands, *lines], "layout": layout}


def _mean_and_std(group: Group, metric: str, by: str, unit: float) -> tuple[Array, Array, Array]:
    """At the moments that all runs of the group have reached. The std is over the runs (ddof 1)."""
    length = min(len(run.snapshots) for run in group.runs)
    values = unit * np.array([run.metric(metric)[:length] for run in group.runs], dtype=np.float64)
    first = group.runs[0]
    x = np.array((first.epochs if by == "epoch" else first.steps)[:length], dtype=np.float64)
    std = values.std(axis=0, ddof=1) if len(group.runs) > 1 else np.zeros(length)
    return x, values.mean(axis=0), std


def _line(group: Group, theme: Theme, x: Iterable[float], y: Iterable[float]) -> Json:
    return marks.line(x, y, group.letter, group.colour(theme), run_dash(group.place), 2)


def _moments_axis(theme: Theme, ends: Sequence[float], by: str) -> Json:
    end = max(ends, default=1.0) or 1.0
    return axes.linear(theme, -0.01 * end, 1.01 * end, _("epoch") if by == "epoch" else _("step"))


# --- histograms ---


@dataclass(frozen=True)
class Moment:
    """When: at this share of each run's own training or, `by_step`, of the longest one's, the same step for all."""

    share: float = 1.0
    by_step: bool = False

    def snapshots(self, runs: Sequence[RunRecord]) -> list[StepRecord | None]:
        """Of each run the one at that moment, or the last before it."""
        reached = [run.steps[-1] if run.snapshots else 0 for run in runs]
        ends = [max(reached, default=0)] * len(runs) if self.by_step else reached
        return [run.nearest(math.floor(self.share * end)) for run, end in zip(runs, ends, strict=True)]


def histograms(runs: Sequence[RunRecord], theme: Theme, signal: str, layer: str, moment: Moment) -> Json:
    """One signal of one layer, counted from the input's side, as densities superimposed: one line for each run that has
    such a layer."""
    found = [_outline(snapshot, signal, layer) for snapshot in moment.snapshots(runs)]
    xs = [x for line in found for x in line[0]]
    y_axis = axes.log(theme, *axes.decades((y for line in found for y in line[1]), most=4))
    low, high = axes.round_range(xs) if signal == "activation" else _around_0(xs)
    layout = marks.frame(
        theme, 230, axes.linear(theme, *axes.padded(low, high), ticks=4), y_axis, _("probability density")
    )
    if not xs:
        marks.say(layout, _("nothing to draw"))
    floor = 10.0 ** (y_axis["range"][0] - 2)
    lines = [
        _line(Group(place, (run,)), theme, x, [max(y, floor) for y in ys])
        for place, (run, (x, ys)) in enumerate(zip(runs, found, strict=True))
        if x
    ]
    return {"data": lines, "layout": layout}


def _around_0(xs: Sequence[float]) -> tuple[float, float]:
    low, high = axes.round_range(xs)
    return -max(-low, high), max(-low, high)


def _outline(snapshot: StepRecord | None, signal: str, layer: str) -> tuple[list[float], list[float]]:
    there = [x for x in snapshot.layers if x.layer == layer and signal in x.signals] if snapshot else []
    return outline(there[0].histogram(signal)) if there else ([], [])


# --- side by side ---


def gradient_flow(run: RunRecord, beside: Sequence[RunRecord], theme: Theme) -> Json:
    """One run's gradient at each layer over the epochs, on the scale of all of them."""
    all_of_them = np.concatenate([other.statistic("backprop_gradient", "std").ravel() for other in beside])
    x_axis = _moments_axis(theme, [run.epochs[-1]] if run.snapshots else [], "epoch")
    y_axis = axes.log(theme, *axes.decades(all_of_them))
    layout = marks.frame(theme, 260, x_axis, y_axis, _("std of the gradient N · ∂C/∂s"), right=60)
    columns = axes.shown(run.statistic("backprop_gradient", "std"), y_axis).T
    data = [layer_line(run.spec, theme, i, run.epochs, column) for i, column in enumerate(columns)]
    if not run.snapshots:
        marks.say(layout, _("waiting for the first snapshot"))
    name_lines(layout, data)
    return {"data": data, "layout": layout}


def saturation_map(run: RunRecord, beside: Sequence[RunRecord], theme: Theme) -> Json:
    """One run's saturation by layer and epoch, in the colours of all of them."""
    if all(activation.max_slope is None for activation in run.spec.activations):
        return marks.blank(theme, _("no activation of it has a flat side"))
    widest = max((_cells(saturation(other, theme)) for other in beside), key=lambda cells: cells["zmax"])
    figure = saturation(run, theme)
    _cells(figure).update(zmax=widest["zmax"], colorbar=widest["colorbar"])
    return figure


def _cells(overview: Json) -> Json:
    """The trace that has the colours."""
    found: Json = overview["data"][0]
    return found


# --- by name ---


@dataclass(frozen=True)
class View:
    """What is on the page besides the runs: `by` epoch or step, whether seeds are `together`, and the histograms'
    signal and moment."""

    by: str = "epoch"
    together: bool = True
    signal: str = "activation"
    moment: Moment = Moment()


@dataclass(frozen=True)
class Comparison:
    """A figure's title, and how it is drawn of the runs as the page shows them; `reads` is what one of several must be
    told: a layer's name, or the place of the run that it shows."""

    title: str
    plot: Callable[..., Json]
    reads: str = ""


def _metric(metric: str) -> Callable[..., Json]:
    def plot(runs: Sequence[RunRecord], theme: Theme, view: View) -> Json:
        return draw_groups(metric, groups(runs, view.together), theme, view.by)

    return plot


def _histograms(runs: Sequence[RunRecord], theme: Theme, view: View, layer: str) -> Json:
    return histograms(runs, theme, view.signal, layer, view.moment)


def _gradient_flow(runs: Sequence[RunRecord], theme: Theme, _view: View, place: int) -> Json:
    return gradient_flow(runs[place], runs, theme)


def _saturation(runs: Sequence[RunRecord], theme: Theme, _view: View, place: int) -> Json:
    return saturation_map(runs[place], runs, theme)


LOSS, ERROR = "mean loss, nats", "wrong answers, %"
_QUANTITIES = {"val_loss": (LOSS, 1), "val_error": (ERROR, 100), "train_loss": (LOSS, 1), "train_error": (ERROR, 100)}
COMPARISONS = {
    "val_loss": Comparison("Validation loss", _metric("val_loss")),
    "val_error": Comparison("Validation error", _metric("val_error")),
    "train_loss": Comparison("Training loss", _metric("train_loss")),
    "train_error": Comparison("Training error", _metric("train_error")),
    "histograms": Comparison("Histograms, superimposed", _histograms, "layer"),
    "gradient_flow": Comparison("Gradient flow", _gradient_flow, "place"),
    "saturation": Comparison("Saturation", _saturation, "place"),
}


def draw(
    name: str, runs: Sequence[RunRecord], theme: Theme, view: View, layer: str = "hidden1", place: int = 0
) -> Json:
    """The figure of this name in COMPARISONS."""
    figure, chosen = COMPARISONS[name], {"layer": layer, "place": place}
    return figure.plot(runs, theme, view, *([chosen[figure.reads]] if figure.reads else []))


def draw_groups(name: str, shown: Sequence[Group], theme: Theme, by: str = "epoch") -> Json:
    """A figure of COMPARISONS that reads nothing but a metric, of runs that were put into groups elsewhere."""
    title, unit = _QUANTITIES[name]
    return curves(shown, theme, name, _(title), by, unit)


def layers_of(runs: Sequence[RunRecord], signal: str) -> list[tuple[str, str]]:
    """Names of the layers that any of the runs has with this signal, and what people read, input side first."""
    deepest = max((run.spec for run in runs), key=lambda spec: spec.depth)
    hidden = [(name, layer_label(i, deepest.depth)) for i, name in enumerate(deepest.hidden_layers)]
    output = [("output", layer_label(deepest.depth, deepest.depth))]
    return hidden if signal in ("activation", "backprop_gradient") else hidden + output
