"""Back-propagation by hand in the browser, against torch's autograd in double precision."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.learn.scripts import open_blank

pytestmark = pytest.mark.browser

WEIGHTS = ("u10", "u11", "u12", "u20", "u21", "u22", "v10", "v11", "v12")
NAMES = ("f1", "f2", "target", "eta", *WEIGHTS)
MODULE = (
    'const { START, STEPS, compute, differences, updated, used, worked } = await import("/static/learn/backprop.js");'
)


def networks() -> list[dict[str, float]]:
    """Random ones; the last one's weights are so large that its units are saturated."""
    drawn = np.random.default_rng(0).normal(size=(6, len(NAMES)))
    drawn[-1] *= 4
    return [dict(zip(NAMES, map(float, numbers), strict=True)) for numbers in drawn]


def with_autograd(net: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """The values and ∂E/∂ of everything that the page names."""
    at = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in net.items()}
    for unit, (weights, inputs) in {"g1": ("u1", "f"), "g2": ("u2", "f"), "h1": ("v1", "g")}.items():
        at[unit] = torch.sigmoid(sum((at[f"{weights}{k}"] * at[f"{inputs}{k}"] for k in (1, 2)), at[f"{weights}0"]))
        at[unit].retain_grad()
    at["E"] = (at["h1"] - at["target"]) ** 2 / 2
    at["E"].backward()
    asked = (*WEIGHTS, "g1", "g2", "h1")
    return {name: at[name].item() for name in ("g1", "g2", "h1", "E")}, {name: at[name].grad.item() for name in asked}


def test_values_errors_gradients_and_updates_are_autograds(page: Page) -> None:
    found = open_blank(page).evaluate(f"async (nets) => {{ {MODULE} return nets.map(compute); }}", networks())

    for net, at in zip(networks(), found, strict=True):
        values, gradients = with_autograd(net)
        after = {name: net[name] - net["eta"] * gradients[name] for name in WEIGHTS}
        assert {name: at[name] for name in values} == pytest.approx(values, abs=1e-12)
        assert {name: at[f"d_{name}"] for name in gradients} == pytest.approx(gradients, abs=1e-12)
        assert {name: at[f"new_{name}"] for name in WEIGHTS} == pytest.approx(after, abs=1e-12)
        assert at["after"] == pytest.approx(with_autograd(net | after)[0]["E"], abs=1e-12)


def test_the_differences_that_check_the_gradients_are_found_without_them(page: Page) -> None:
    found = open_blank(page).evaluate(f"async (nets) => {{ {MODULE} return nets.map(differences); }}", networks())

    for net, at in zip(networks(), found, strict=True):
        gradients = with_autograd(net)[1]
        assert at == pytest.approx({name: gradients[name] for name in WEIGHTS}, abs=1e-9)
        assert any(at[name] != gradients[name] for name in WEIGHTS)


def test_the_updated_network_has_new_weights_and_the_same_inputs(page: Page) -> None:
    net = networks()[0]
    at, after = open_blank(page).evaluate(
        f"async (net) => {{ {MODULE} const at = compute(net); return [at, updated(at)]; }}", net
    )

    assert after == {name: at.get(f"new_{name}", net[name]) for name in NAMES}


WORKED = {
    "g1": (["u10", "u11", "u12", "f1", "f2"], ["0.1 + 0.4 · 1 + (−0.6 · 0.5) = 0.2", "σ(0.2) = 0.55"]),
    "E": (["h1", "target"], ["0.455 − 1 = −0.545", "½ · (−0.545)² = 0.149"]),
    "d_v10": (["h1"], ["−0.545 · 0.248 · 1 = −0.135"]),
    "d_v11": (["h1", "g1"], ["−0.545 · 0.248 · 0.55 = −0.0744"]),
    "d_g2": (["h1", "v12"], ["0.248 · (−1) · (−0.545) = 0.135"]),
    "new_u21": (["u21"], ["0.7 − 0.5 · 0.0305 = 0.685"]),
    "after": (list(WEIGHTS), ["½ · (0.455 − 1)² = 0.149", "½ · (0.486 − 1)² = 0.132"]),
}


def test_the_steps_go_forward_and_back_from_the_top_and_put_the_numbers_in(page: Page) -> None:
    told: dict[str, Any] = open_blank(page).evaluate(f"""async () => {{
      {MODULE}
      const at = compute({{ ...START, v12: -1 }});
      const show = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
      return Object.fromEntries(STEPS.map((step) => [step, [used(step), worked(step, at, show)]]));
    }}""")

    assert list(told) == ["g1", "g2", "h1", "E", *of("v1"), "d_g1", *of("u1"), "d_g2", *of("u2"), "after"]
    assert {step: tuple(told[step]) for step in WORKED} == WORKED


def of(unit: str) -> list[str]:
    """The steps of the weights into a unit."""
    return [step for weight in WEIGHTS if weight.startswith(unit) for step in (f"d_{weight}", f"new_{weight}")]


def test_stepping_through_and_training_one_step_changes_the_weights_to_autograds(page: Page, site: str) -> None:
    page.goto(site + "/learn/backprop?eta=2&step=16")
    shown = page.locator("#steps > li:visible")
    expect(shown.get_by_role("heading")).to_have_text("How E changes with u₁₂")
    expect(shown.locator("[data-worked]")).to_have_text("−0.06404 · 0.2475 · 0.5 = −0.007926")
    expect(page.locator('#network [data-part="u12"]')).to_have_class(re.compile("found"))
    assert page.locator('#network [data-number="d_u21"]').text_content() == ""
    for _ in range(9):
        page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"step=25$"))
    before = numbers(page)

    page.get_by_role("button", name="Train one step").click()

    gradients = with_autograd(before)[1]
    after = before | {name: before[name] - 2 * gradients[name] for name in WEIGHTS}
    expect(page.locator("#u11")).not_to_have_value(str(before["u11"]))
    assert numbers(page) == pytest.approx(after, abs=1e-6)
    errors = [with_autograd(net)[0]["E"] for net in (before, after)]
    expect(page.locator("#errors")).to_contain_text(" → ".join(f"{error:.4g}" for error in errors))
    expect(page.locator("#check")).to_contain_text("10⁻¹")


def numbers(page: Page) -> dict[str, float]:
    return {name: float(page.locator(f"#{name}").input_value()) for name in NAMES}
