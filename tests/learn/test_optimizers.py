"""The optimizers' race in the browser, against torch.optim and autograd in double precision."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from torch import Tensor

from ml.catalog import OPTIMIZERS
from ml.model import resolve
from tests.learn.scripts import open_blank

pytestmark = pytest.mark.browser

STEPS = 100
# RMSProp bounces across Rosenbrock's valley once it is there, and each bounce multiplies a rounding error by ten, that
# of torch too: with these it arrives after 100 steps.
CONSTANTS = {"lr": 0.02, "momentum": 0.9, "rho": 0.9, "beta2": 0.999}
OTHERS = {"lr": 0.1, "momentum": 0.5, "rho": 0.99, "beta2": 0.9}
LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "bowl": lambda p: p.square().sum() / 2,
    "ravine": lambda p: 0.15 * p[0] ** 2 + 6 * p[1] ** 2,
    "saddle": lambda p: p[0] ** 2 / 2 + (p[1] ** 2 - 1) ** 2 / 4,
    "rosenbrock": lambda p: ((1 - p[0]) ** 2 + 10 * (p[1] - p[0] ** 2) ** 2) / 20,
}

DESCENDS = """async ({ steps, constants }) => {
  const { SURFACES } = await import("/static/learn/surfaces.js");
  const { OPTIMIZERS, descend } = await import("/static/learn/optimizers.js");
  const paths = ([name, surface]) => [name, Object.fromEntries(
    OPTIMIZERS.map((rule) => [rule, descend(rule, surface, surface.start, constants, steps)]))];
  return Object.fromEntries(Object.entries(SURFACES).map(paths));
}"""
SLOPES = """async (points) => {
  const { SURFACES } = await import("/static/learn/surfaces.js");
  return Object.fromEntries(Object.entries(SURFACES).map(([name, { gradient }]) => [name, points.map(gradient)]));
}"""
MODULE = 'const { descend, diverged, reached } = await import("/static/learn/optimizers.js");'


def torch_path(rule: str, surface: str, start: list[float], constants: dict[str, float]) -> list[list[float]]:
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    entry = OPTIMIZERS[rule]
    used = {name: constants.get(name, value) for name, value in entry.defaults.items()}
    optimizer = resolve(entry.torch)([point], lr=constants["lr"], **entry.arguments(used))
    points = [point.tolist()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        LOSSES[surface](point).backward()
        optimizer.step()
        points.append(point.tolist())
    return points


@pytest.mark.parametrize("constants", [CONSTANTS, OTHERS], ids=["usual", "others"])
def test_every_rule_takes_the_path_of_torch_optim_on_every_surface(page: Page, constants: dict[str, float]) -> None:
    found = open_blank(page).evaluate(DESCENDS, {"steps": STEPS, "constants": constants})

    assert set(found) == set(LOSSES)
    for surface, paths in found.items():
        assert list(paths) == list(OPTIMIZERS)
        for rule, path in paths.items():
            expected = torch_path(rule, surface, path["points"][0], constants)
            assert path["points"] == [pytest.approx(point, rel=1e-6, abs=1e-6) for point in expected], (surface, rule)
            losses = [LOSSES[surface](torch.tensor(point, dtype=torch.float64)).item() for point in expected]
            assert path["losses"] == pytest.approx(losses, rel=1e-6, abs=1e-6), (surface, rule)


def test_the_gradient_of_every_surface_is_autograds(page: Page) -> None:
    points = [[-1.7, 1.1], [0.3, -0.4], [1.9, 0.0]]
    found = open_blank(page).evaluate(SLOPES, points)

    for surface, loss in LOSSES.items():
        for point, slope in zip(points, found[surface], strict=True):
            at = torch.tensor(point, dtype=torch.float64, requires_grad=True)
            assert slope == pytest.approx(torch.autograd.grad(loss(at), at)[0].tolist(), abs=1e-12), surface


def test_the_loss_of_every_surface_is_zero_at_its_minima_and_they_are_in_the_picture(page: Page) -> None:
    found: dict[str, Any] = open_blank(page).evaluate("""async () => {
      const { SURFACES } = await import("/static/learn/surfaces.js");
      return Object.values(SURFACES).flatMap(({ minima, loss, x, y }) => minima.map((at) => [loss(at), at, x, y]));
    }""")

    assert len(found) == 5
    for loss, (x, y), (left, right), (bottom, top) in found:
        assert loss == 0
        assert left < x < right
        assert bottom < y < top


def test_a_path_that_diverges_ends_there_and_one_that_does_not_reaches_its_target(page: Page) -> None:
    far, near = open_blank(page).evaluate(f"""async () => {{
      {MODULE}
      const {{ SURFACES: {{ ravine }} }} = await import("/static/learn/surfaces.js");
      const told = (lr) => {{
        const {{ losses }} = descend("sgd", ravine, [-2, 1], {{ lr }}, 200);
        return [losses.length - 1, diverged(losses), reached(losses, 0.01)];
      }};
      return [told(0.2), told(0.1)];
    }}""")

    assert far == [11, True, None]  # across, each step multiplies by 1 − 0.2 · 12 = −1.4, and 1.96¹¹ > 1000
    assert near == [201 - 1, False, 68]  # along, by 1 − 0.1 · 0.3 = 0.97: 0.6 · 0.97²ⁿ < 0.01 from n = 68 on


@pytest.mark.parametrize(("losses", "target", "step"), [([3, 2, 1, 0.5, 2], 1, 3), ([3, 2], 1, None), ([0.5], 1, 0)])
def test_a_target_is_reached_at_the_first_step_below_it(
    page: Page, losses: list[float], target: float, step: int | None
) -> None:
    found = open_blank(page).evaluate(f"async ([losses, target]) => {{ {MODULE} return reached(losses, target); }}",
                                      [losses, target])  # fmt: skip

    assert found == step


def test_the_race_runs_by_itself_stops_and_starts_where_it_is_told_to(page: Page, site: str) -> None:
    page.goto(site + "/learn/optimizers")
    expect(page.locator("#told")).to_contain_text(
        "Nesterov momentum is the first below a loss of 0.01, after 21 steps."
    )
    moment, adagrad = page.locator("#moment"), page.locator("#picture .ball").nth(3)
    expect(moment).to_have_text(re.compile(r"step [1-9]\d* of 300"))
    seen = adagrad.get_attribute("transform")
    expect(adagrad).not_to_have_attribute("transform", str(seen))

    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="One step").click()
    expect(moment).to_have_text("step 1 of 300")
    expect(page).to_have_url(re.compile(r"\?step=1$"))

    page.locator("#lr").fill("-0.7")
    expect(page.locator("#told")).to_contain_text(
        "Diverged, after steps: gradient descent (11), Nesterov momentum (4)."
    )
    expect(page.locator("#told")).to_contain_text("After 300 steps above it again, at a loss of: RMSProp (0.061).")
    page.locator("[name=race_sgd]").uncheck()
    expect(page.locator("#told")).to_contain_text("Diverged, after steps: Nesterov momentum (4).")
    expect(page.locator("#picture .ball")).to_have_count(6)

    page.locator("#picture .paths").click(position={"x": 40, "y": 40})
    expect(page.locator("#x")).not_to_have_value("-2")
    page.locator("#surface").select_option("saddle")
    expect(page.locator("#x")).to_have_value("-2")
    expect(page.locator("#y")).to_have_value("0.001")


def test_nothing_moves_by_itself_for_those_who_do_not_want_it(chromium: Browser, site: str) -> None:
    context = chromium.new_context(locale="en", reduced_motion="reduce")
    page = context.new_page()
    page.goto(site + "/learn/optimizers")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator("#moment")).to_have_text("step 300 of 300")
    context.close()
