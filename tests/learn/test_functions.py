"""The activations in the browser, against torch in double precision."""

from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor

from ml.catalog import ACTIVATIONS
from ml.model import resolve

pytestmark = pytest.mark.browser

POINTS = [-30.0, -8.0, -3.1, -2.2, -1.0, -0.75, -0.3, 0.0, 0.01, 0.5, 1.4142, 2.9, 7.0, 30.0]
ALPHA = 0.3
PLAIN = [name for name in ACTIVATIONS if name != "maxout"]

COMPUTED = """async ([points, alpha]) => {
  const { FUNCTIONS } = await import("/static/learn/functions.js");
  const values = ({ f, slope }) => [points.map((s) => f(s, alpha)), points.map((s) => slope(s, alpha))];
  return Object.fromEntries(Object.entries(FUNCTIONS).map(([name, unit]) => [name, values(unit)]));
}"""
ZONES = """async (alphas) => {
  const { FUNCTIONS, flatZones } = await import("/static/learn/functions.js");
  const zones = (unit, alpha) => flatZones(unit, alpha).map((zone) => zone.map(String));
  return Object.fromEntries(Object.entries(FUNCTIONS).map(([name, unit]) => [name, zones(unit, alphas[name] ?? 0)]));
}"""


@pytest.fixture(scope="module")
def computed(modules: Page) -> Any:
    return modules.evaluate(COMPUTED, [POINTS, ALPHA])


def function(name: str) -> torch.nn.Module:
    entry = ACTIVATIONS[name]
    arguments = {} if entry.alpha is None else {entry.alpha_argument: ALPHA}
    made: torch.nn.Module = resolve(entry.torch)(**arguments)
    return made


@pytest.mark.parametrize("name", PLAIN)
def test_values_and_derivatives_are_those_of_torch(computed: Any, name: str) -> None:
    s = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    z = function(name)(s)
    (slope,) = torch.autograd.grad(z.sum(), s)
    assert computed[name][0] == pytest.approx(z.tolist(), rel=1e-6, abs=1e-12)
    assert computed[name][1] == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-12)


def test_the_catalog_s_activations_are_all_there(computed: Any) -> None:
    assert set(computed) == set(PLAIN)


def test_the_steepest_slopes_are_those_that_saturation_is_measured_by(modules: Page) -> None:
    script = """async (alpha) => {
      const { FUNCTIONS } = await import("/static/learn/functions.js");
      return Object.fromEntries(Object.entries(FUNCTIONS).map(([name, unit]) => [name, unit.steepest?.(alpha) ?? null]));
    }"""
    for name, steepest in modules.evaluate(script, 1.7).items():
        wanted = ACTIVATIONS[name].max_slope
        assert steepest == (None if wanted is None else pytest.approx(wanted(1.7), rel=1e-12))


def test_maxout_is_the_largest_of_its_lines_and_its_slope_that_of_the_winner(modules: Page) -> None:
    script = """async ([points, pieces]) => {
      const { linesOf, maxout } = await import("/static/learn/functions.js");
      return [linesOf(pieces), points.map((x) => maxout(x, pieces))];
    }"""
    for pieces in (2, 5, 8):
        lines, found = modules.evaluate(script, [POINTS, pieces])
        w, b = torch.tensor(lines, dtype=torch.float64).T
        x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        z: Tensor = (x[:, None] * w + b).max(dim=1).values
        (slope,) = torch.autograd.grad(z.sum(), x)
        assert [one["f"] for one in found] == pytest.approx(z.tolist(), rel=1e-12)
        assert [one["slope"] for one in found] == pytest.approx(slope.tolist(), rel=1e-12)


def test_flat_zones_end_where_the_slope_is_a_twentieth_of_the_steepest(modules: Page) -> None:
    zones = modules.evaluate(ZONES, {"elu": 2.0})
    assert zones["leaky_relu"] == zones["linear"] == []
    assert [[float(edge) for edge in zone] for zone in zones["relu"]] == [[-torch.inf, pytest.approx(0, abs=1e-9)]]
    edges = [float(edge) for name in zones for zone in zones[name] for edge in zone]
    assert len(edges) == 2 * (2 + 2 + 2 + 1 + 1 + 1 + 2)  # sigmoid, tanh, softsign; relu, elu, selu; gelu's two
    for name in ("sigmoid", "tanh", "softsign", "elu", "selu", "gelu"):
        alpha, steepest = (2.0 if name == "elu" else 0.0), ACTIVATIONS[name].max_slope
        assert steepest is not None
        inner = [float(edge) for zone in zones[name] for edge in zone if abs(float(edge)) != torch.inf]
        s = torch.tensor(inner, dtype=torch.float64, requires_grad=True)
        module = torch.nn.ELU(2.0) if name == "elu" else resolve(ACTIVATIONS[name].torch)()
        (slope,) = torch.autograd.grad(module(s).sum(), s)
        assert slope.abs().tolist() == pytest.approx([0.05 * steepest(alpha)] * len(inner), rel=1e-6)
