"""The charts of a lab."""

import re
from dataclasses import replace
from typing import Any

import pytest

from app.labs import panels
from app.labs.panels import Panel
from ml.labs import LABS, Arm, Lab
from ml.records import RunRecord
from tests.lab_runs import TRIAL
from tests.records import make_run

pytestmark = pytest.mark.usefixtures("trial")


def lab_of(figures: tuple[str, ...] = (), comparisons: tuple[str, ...] = ()) -> Lab:
    """With a sigmoid and a linear network, which has nothing that could saturate."""
    first, second = make_run(activation="sigmoid").spec, make_run(activation="linear").spec
    arms = {"sigmoid": Arm("sigmoid", first), "linear": Arm("linear", second)}
    return replace(LABS[TRIAL], arms=arms, figures=figures, comparisons=comparisons)


def runs_of(lab: Lab) -> list[RunRecord]:
    made = []
    for place, (name, arm) in enumerate(lab.arms.items()):
        for seed in (0, 1):
            run = make_run(3, activation=arm.spec.activation, seed=seed)
            made.append(replace(run, id=f"{name}{seed}", arm=name, colour=place))
    return made


def drawn(lab: Lab, runs: list[RunRecord]) -> list[Panel]:
    shown = panels.arms(lab, runs)
    of_seed = {run.arm: run for run in runs if run.spec.seed == 0 and run.arm and run.snapshots}
    return [*panels.comparisons(lab, shown, of_seed), *panels.figures(lab, shown, of_seed)]


def test_arms_keep_the_colour_of_their_runs_and_differ_in_letter_and_dashes() -> None:
    lab = lab_of()
    first, second = panels.arms(lab, runs_of(lab))
    assert (first.letter, second.letter) == ("A", "B")
    assert first.colour != second.colour
    assert first.dashes == "" != second.dashes
    assert [run.spec.seed for run in first.runs] == [0, 1]


def test_a_figure_of_one_snapshot_is_drawn_of_the_first_and_of_the_last() -> None:
    lab = lab_of(("activation",))
    first, last = drawn(lab, runs_of(lab))
    assert (first.subtitle, last.subtitle) == ("before the first step", "at the end")
    assert first.charts[0].drawing != last.charts[0].drawing
    [only] = drawn(lab, [replace(run, snapshots=run.snapshots[:1]) for run in runs_of(lab)])
    assert only.subtitle == "before the first step"


def test_a_figure_of_one_layer_is_drawn_of_the_lowest_and_of_the_topmost() -> None:
    lab = lab_of(("bands",))
    lowest, topmost = drawn(lab, runs_of(lab))
    assert (lowest.subtitle, topmost.subtitle) == ("the first hidden layer", "the last hidden layer")
    assert lowest.charts[0].drawing != topmost.charts[0].drawing


def test_a_figure_has_a_chart_for_each_arm_that_it_suits() -> None:
    lab = lab_of(("saturation", "loss"))
    saturation, loss = drawn(lab, runs_of(lab))
    assert [chart.arm.name for chart in saturation.charts if chart.arm] == ["sigmoid"]
    assert [chart.arm.name for chart in loss.charts if chart.arm] == ["sigmoid", "linear"]
    assert saturation.about


def test_a_figure_that_suits_no_arm_is_left_out() -> None:
    lab = lab_of(("unit_norms",))
    assert drawn(lab, runs_of(lab)) == []


def test_a_metric_is_one_chart_of_all_arms_with_the_seeds_as_bands() -> None:
    lab = lab_of(comparisons=("val_error",))
    [panel] = drawn(lab, runs_of(lab))
    assert panel.together
    assert ">A<" in panel.charts[0].drawing
    assert ">B<" in panel.charts[0].drawing


def test_a_seed_that_has_only_begun_does_not_shorten_the_line_of_those_that_have_ended() -> None:
    lab = lab_of(comparisons=("val_error",))
    runs = runs_of(lab)
    whole = drawn(lab, [run for run in runs if run.spec.seed == 0])
    begun = [run if run.spec.seed == 0 else replace(run, status="running", snapshots=run.snapshots[:1]) for run in runs]
    assert [chart.drawing for chart in drawn(lab, begun)[0].charts] == [chart.drawing for chart in whole[0].charts]


@pytest.mark.parametrize(("name", "charts"), [("gradient_flow", 2), ("saturation", 2), ("histograms", 1)])
def test_what_is_compared_side_by_side_is_of_one_seed(name: str, charts: int) -> None:
    lab = lab_of(comparisons=(name,))
    [panel] = drawn(lab, runs_of(lab))
    assert len(panel.charts) == charts
    assert drawn(lab, [replace(run, snapshots=()) for run in runs_of(lab)]) == []


def test_charts_of_a_signal_share_their_scale_and_name_the_layers_below() -> None:
    lab = lab_of(("activation",))
    first, _last = drawn(lab, runs_of(lab))
    ticks = [re.findall(r'text-anchor="middle">([^<]*)<', chart.drawing) for chart in first.charts]
    assert ticks[0] == ticks[1] != []
    assert [line.label for line in first.legend] == ["layer 1", "layer 2", "layer 3"]


def test_a_scale_on_which_the_narrowest_could_not_be_seen_is_not_shared() -> None:
    def figures(*widths: float) -> list[dict[str, Any]]:
        return [{"layout": {"xaxis": {"range": [-width, width]}}} for width in widths]

    near, far = figures(1, 20), figures(1, 40)
    panels._share(near, "xaxis")
    panels._share(far, "xaxis")
    assert near == figures(20, 20)
    assert far == figures(1, 40)
