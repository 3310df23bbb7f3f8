"""The charts of a lab: of each arm by itself, and of all of them on the same axes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from markupsafe import Markup

from app import svg
from app.figures import FIGURES, PAGE, Figure, layer_label
from app.figures.compare import COMPARISONS, Group, draw, draw_groups
from app.figures.compare import View as Beside
from app.i18n import gettext as _
from app.theme import layer_dash, run_dash
from ml.labs import Lab
from ml.records import RunRecord

MOST_TIMES_WIDER = 30  # than the narrowest of some charts the widest may be, for all to share a scale


@dataclass(frozen=True)
class Arm:
    """One of the lab's networks as its charts name it; `dashes` are empty for a solid line. `runs` are in the order of
    their seeds."""

    name: str
    label: str
    letter: str
    colour: str
    dashes: str
    runs: tuple[RunRecord, ...]


Pair = tuple[Arm, RunRecord]


@dataclass(frozen=True)
class Line:
    """What a line of a chart is called; `dashes` are empty for a solid one."""

    label: str
    colour: str
    dashes: str


@dataclass(frozen=True)
class Chart:
    """`arm` is None where it is of all of them."""

    arm: Arm | None
    drawing: Markup


@dataclass(frozen=True)
class Panel:
    """One figure, of every arm by itself or of all on the same axes. `about` are paragraphs; `legend` names lines that
    have no name at their end."""

    title: str
    subtitle: str
    about: Sequence[str]
    charts: tuple[Chart, ...]
    legend: tuple[Line, ...] = ()

    @property
    def together(self) -> bool:
        return len(self.charts) == 1 and self.charts[0].arm is None


def arms(lab: Lab, runs: Sequence[RunRecord]) -> list[Arm]:
    """Those of the lab, also one whose runs are gone."""
    return [_arm(place, name, lab, runs) for place, name in enumerate(lab.arms)]


def _arm(place: int, name: str, lab: Lab, runs: Sequence[RunRecord]) -> Arm:
    mine = tuple(sorted((run for run in runs if run.arm == name), key=lambda run: run.spec.seed))
    colour = PAGE.run_colour(mine[0].colour if mine else place)
    return Arm(name, _(lab.arms[name].label), ascii_uppercase[place], colour, _dashes(run_dash(place)), mine)


def _dashes(pattern: str) -> str:
    """Plotly's as SVG writes them."""
    return "" if pattern == "solid" else pattern.replace("px", "")


# --- of all arms ---


def comparisons(lab: Lab, shown: Sequence[Arm], of_seed: Mapping[str, RunRecord]) -> Iterator[Panel]:
    """Those that the lab names: a metric as a line for each arm with its seeds as a band, anything else of one seed."""
    for name in lab.comparisons:
        comparison = COMPARISONS[name]
        if not comparison.reads:
            groups = list(_groups(shown))
            if groups:
                title = _(comparison.title)
                drawn = Markup(svg.render(draw_groups(name, groups, PAGE), title))
                yield Panel(title, _("mean ± std over the seeds"), (), (Chart(None, drawn),))
        elif of_seed:
            yield _beside(name, shown, of_seed)


def _groups(shown: Sequence[Arm]) -> Iterator[Group]:
    """Of the runs that have ended, or else of the first that has begun: a line of several is only as long as the
    shortest of them."""
    for place, arm in enumerate(shown):
        begun = [run for run in arm.runs if run.snapshots]
        ended = [run for run in begun if run.status == "finished"]
        if begun:
            yield Group(place, tuple(ended or begun[:1]), arm.letter)


def _beside(name: str, shown: Sequence[Arm], of_seed: Mapping[str, RunRecord]) -> Panel:
    """One chart for each arm on a common scale, or one with the histograms of all."""
    there = [arm for arm in shown if arm.name in of_seed]
    runs = [of_seed[arm.name] for arm in there]
    title = _(COMPARISONS[name].title)

    def drawn(place: int) -> Markup:
        return Markup(svg.render(draw(name, runs, PAGE, Beside(), place=place), title))

    if COMPARISONS[name].reads == "layer":
        return Panel(title, layer_label(0, runs[0].spec.depth), (), (Chart(None, drawn(0)),))
    charts = tuple(Chart(arm, drawn(place)) for place, arm in enumerate(there))
    return Panel(title, _("on one scale"), (), charts)


# --- of each arm ---


def figures(lab: Lab, shown: Sequence[Arm], of_seed: Mapping[str, RunRecord]) -> Iterator[Panel]:
    """Those that the lab names, of the runs of one seed that have what they draw."""
    there = [(arm, of_seed[arm.name]) for arm in shown if arm.name in of_seed]
    for figure in map(FIGURES.__getitem__, lab.figures):
        suited = [(arm, run) for arm, run in there if figure.suits(run.spec)]
        if suited:
            yield from _views(figure, suited)


def _views(figure: Figure, there: Sequence[Pair]) -> Iterator[Panel]:
    """A figure of one snapshot: of the first and of the last; of one layer: of the lowest and of the topmost."""
    match figure.reads:
        case "step":
            yield _panel(figure, there, _("before the first step"), "xaxis", step=0)
            if any(len(run.snapshots) > 1 for _arm, run in there):
                yield _panel(figure, there, _("at the end"), "xaxis")
        case "layer":
            yield _panel(figure, there, _("the first hidden layer"), "yaxis", layer=0)
            if any(run.spec.depth > 1 for _arm, run in there):
                yield _panel(figure, there, _("the last hidden layer"), "yaxis", layer=-1)
        case _:
            yield _panel(figure, there, _(figure.subtitle))


def _panel(
    figure: Figure, there: Sequence[Pair], subtitle: str, common: str = "", step: int | None = None,
    layer: int | None = None,
) -> Panel:  # fmt: skip
    """`common` is the axis whose range all charts share."""
    title = _(figure.title)
    names = [None if layer is None else run.spec.hidden_layers[layer] for _arm, run in there]
    drawn = [figure.draw(run, PAGE, step, name) for (_arm, run), name in zip(there, names, strict=True)]
    if common:
        _share(drawn, common)
    charts = [Markup(svg.render(one, f"{title}: {arm.label}")) for one, (arm, _run) in zip(drawn, there, strict=True)]
    legend = tuple(_layers(figure, there)) if figure.reads == "step" else ()
    about = [_(paragraph) for paragraph in figure.about]
    return Panel(title, subtitle, about, tuple(map(Chart, (arm for arm, _run in there), charts)), legend)


def _share(drawn: Sequence[dict[str, Any]], axis: str) -> None:
    """Give all of them the widest range, unless the narrowest could not be seen in it."""
    ranges = [one["layout"][axis]["range"] for one in drawn]
    widths = [high - low for low, high in ranges]
    if max(widths) > MOST_TIMES_WIDER * min(widths):
        return
    widest = [min(low for low, _high in ranges), max(high for _low, high in ranges)]
    for one in drawn:
        one["layout"][axis]["range"] = widest


def _layers(figure: Figure, there: Sequence[Pair]) -> Iterator[Line]:
    """Those of the deepest network that have the signal that the figure is named after."""
    deepest = max((run for _arm, run in there), key=lambda run: run.spec.depth)
    depth = deepest.spec.depth
    for i in range(len(deepest.layers_with(figure.name))):
        yield Line(layer_label(i, depth), PAGE.layer(i, depth), _dashes(layer_dash(i)))
