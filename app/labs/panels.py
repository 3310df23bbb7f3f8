"""The charts of a lab: of each arm by itself, and of all of them on the same axes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from markupsafe import Markup

from app import svg
from app.figures import FIGURES, PAGE, Figure, layer_label
from app.figures.compare import COMPARISONS, Group, draw, draw_groups
from app.figures.compare import View as Beside
from app.i18n import gettext as _
from app.theme import run_dash
from ml.labs import Lab
from ml.records import RunRecord


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


@dataclass(frozen=True)
class Chart:
    """`arm` is None where it is of all of them."""

    arm: Arm | None
    drawing: Markup


@dataclass(frozen=True)
class Panel:
    """One figure, of every arm by itself or of all on the same axes. `about` are paragraphs."""

    title: str
    subtitle: str
    about: Sequence[str]
    charts: tuple[Chart, ...]

    @property
    def together(self) -> bool:
        return len(self.charts) == 1 and self.charts[0].arm is None


def arms(lab: Lab, runs: Sequence[RunRecord]) -> list[Arm]:
    """Those of the lab, also one whose runs are gone."""
    return [_arm(place, name, lab, runs) for place, name in enumerate(lab.arms)]


def _arm(place: int, name: str, lab: Lab, runs: Sequence[RunRecord]) -> Arm:
    mine = tuple(sorted((run for run in runs if run.arm == name), key=lambda run: run.spec.seed))
    dash = run_dash(place)
    colour = PAGE.run_colour(mine[0].colour if mine else place)
    dashes = "" if dash == "solid" else dash.replace("px", "")
    return Arm(name, _(lab.arms[name].label), ascii_uppercase[place], colour, dashes, mine)


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


def _views(figure: Figure, there: Sequence[tuple[Arm, RunRecord]]) -> Iterator[Panel]:
    """A figure of one snapshot: of the first and of the last; of one layer: of the lowest and of the topmost."""
    match figure.reads:
        case "step":
            yield _panel(figure, there, _("before the first step"), lambda run: _at(figure, run, 0))
            if any(len(run.snapshots) > 1 for _arm, run in there):
                yield _panel(figure, there, _("at the end"), lambda run: _at(figure, run, None))
        case "layer":
            yield _panel(figure, there, _("the first hidden layer"), lambda run: _of(figure, run, 0))
            if any(run.spec.depth > 1 for _arm, run in there):
                yield _panel(figure, there, _("the last hidden layer"), lambda run: _of(figure, run, -1))
        case _:
            yield _panel(figure, there, _(figure.subtitle), lambda run: figure.draw(run, PAGE))


def _at(figure: Figure, run: RunRecord, step: int | None) -> dict[str, object]:
    return figure.draw(run, PAGE, step=step)


def _of(figure: Figure, run: RunRecord, layer: int) -> dict[str, object]:
    return figure.draw(run, PAGE, layer=run.spec.hidden_layers[layer])


def _panel(
    figure: Figure,
    there: Sequence[tuple[Arm, RunRecord]],
    subtitle: str,
    plot: Callable[[RunRecord], dict[str, object]],
) -> Panel:
    title = _(figure.title)
    charts = tuple(Chart(arm, Markup(svg.render(plot(run), f"{title}: {arm.label}"))) for arm, run in there)
    return Panel(title, subtitle, [_(paragraph) for paragraph in figure.about], charts)
