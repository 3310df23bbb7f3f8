"""Activations in the browser, against torch's."""

import pytest
import torch
from playwright.sync_api import Page

from ml.catalog import ACTIVATIONS

pytestmark = pytest.mark.browser

ALPHA = {"leaky_relu": 0.2, "elu": 1.7}
TORCH = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softsign": torch.nn.functional.softsign, "relu": torch.relu,
    "leaky_relu": lambda s: torch.nn.functional.leaky_relu(s, 0.2), "elu": lambda s: torch.nn.functional.elu(s, 1.7),
    "selu": torch.selu, "gelu": torch.nn.functional.gelu, "linear": lambda s: s * 1,
}  # fmt: skip


@pytest.mark.parametrize("name", TORCH)
def test_values_and_slopes_are_those_of_torch(modules: Page, name: str) -> None:
    s = torch.linspace(-9, 9, 200, dtype=torch.float64, requires_grad=True)
    z = TORCH[name](s)
    z.sum().backward()
    script = """async ([name, s, alpha]) => {
        const { FUNCTIONS } = await import("/static/learn/functions.js");
        const { f, slope } = FUNCTIONS[name];
        return [s.map((x) => f(x, alpha)), s.map((x) => slope(x, alpha))];
    }"""

    values, slopes = modules.evaluate(script, [name, s.tolist(), ALPHA.get(name, 1)])

    torch.testing.assert_close(torch.tensor(values, dtype=torch.float64), z.detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.tensor(slopes, dtype=torch.float64), s.grad, rtol=0, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_the_largest_slopes_are_the_catalogs(modules: Page, alpha: float) -> None:
    script = """async (alpha) => {
        const { FUNCTIONS } = await import("/static/learn/functions.js");
        const steep = Object.entries(FUNCTIONS).filter(([, { steepest }]) => steepest);
        return Object.fromEntries(steep.map(([name, { steepest }]) => [name, steepest(alpha)]));
    }"""

    steepest = modules.evaluate(script, alpha)

    expected = {name: entry.max_slope(alpha) for name, entry in ACTIVATIONS.items() if entry.max_slope}
    assert steepest == pytest.approx(expected, abs=1e-12)


def test_stretches_are_flat_up_to_where_the_slope_is_a_twentieth_of_the_largest(modules: Page) -> None:
    script = """async (alphas) => {
        const { FUNCTIONS, flatStretches } = await import("/static/learn/functions.js");
        const edges = (unit, alpha) => flatStretches(unit, alpha).flat().map(String);
        return Object.fromEntries(Object.entries(FUNCTIONS).map(([name, unit]) => [name, edges(unit, alphas[name])]));
    }"""

    found = {name: [float(edge) for edge in edges] for name, edges in modules.evaluate(script, ALPHA).items()}

    steepest = {name: entry.max_slope(ALPHA.get(name, 1)) for name, entry in ACTIVATIONS.items() if entry.max_slope}
    assert {name for name, edges in found.items() if edges} == set(steepest)
    assert found["relu"] == [-torch.inf, pytest.approx(0, abs=1e-9)]
    assert found["sigmoid"] == pytest.approx([-torch.inf, -4.356544, 4.356544, torch.inf], abs=1e-6)
    for name in steepest.keys() - {"relu"}:
        inner = torch.tensor([edge for edge in found[name] if abs(edge) != torch.inf], dtype=torch.float64)
        s = inner.requires_grad_()
        (slope,) = torch.autograd.grad(TORCH[name](s).sum(), s)
        torch.testing.assert_close(slope.abs(), torch.full_like(slope, 0.05 * steepest[name]), rtol=1e-6, atol=0)


@pytest.mark.parametrize("pieces", [2, 3, 8])
def test_maxout_is_the_largest_of_its_lines_and_has_the_slope_of_the_winner(modules: Page, pieces: int) -> None:
    x = torch.linspace(-5, 5, 98, dtype=torch.float64, requires_grad=True)
    slopes = torch.linspace(-1, 1, pieces, dtype=torch.float64)
    z = (slopes * x[:, None] - slopes**2).max(dim=1).values
    z.sum().backward()
    script = """async ([x, pieces]) => {
        const { maxout } = await import("/static/learn/functions.js");
        const found = x.map((one) => maxout(one, pieces));
        return [found.map(({ value }) => value), found.map(({ slope }) => slope)];
    }"""

    values, found = modules.evaluate(script, [x.tolist(), pieces])

    torch.testing.assert_close(torch.tensor(values, dtype=torch.float64), z.detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), x.grad, rtol=0, atol=1e-6)
