from typing import Any

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page

from ml.losses import LOSSES

pytestmark = pytest.mark.browser

ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "softsign": F.softsign, "relu": F.relu}
NAMES = {"crossEntropy": "cross_entropy", "quadratic": "quadratic"}
POINTS = ((0.3, -0.7), (-5.5, 2.0), (8.0, 8.0), (-2.0, -7.0))
PROBLEM = """
    const costs = await import("/static/learn/costs.js");
    let at = 0;
    const normal = () => Math.sqrt(2) * Math.sin(12.9 * ++at) * (1 + (at % 3) / 3);
    const problem = costs.withWeights(costs.drawProblem(normal), 0.6);
"""


@pytest.fixture(scope="module")
def computed(modules: Page) -> Any:
    """Both costs and their gradients at POINTS for every activation, and the problem that they belong to."""
    script = PROBLEM + "return [problem, names.map((name) => points.map((w) => costs.costsAt(problem, name, ...w)))];"
    return modules.evaluate(f"async ([names, points]) => {{ {script} }}", [list(ACTIVATIONS), POINTS])


@pytest.mark.parametrize("cost", NAMES)
def test_costs_and_gradients_are_those_of_autograd(computed: Any, cost: str) -> None:
    problem, results = computed
    for name, found in zip(ACTIVATIONS, results, strict=True):
        for point, costs in zip(POINTS, found, strict=True):
            wanted = by_autograd(problem, cost, name, point)
            assert [costs[cost][key] for key in ("value", "d1", "d2")] == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def by_autograd(problem: dict[str, Any], cost: str, activation: str, point: tuple[float, float]) -> list[float]:
    inputs, first, second = (torch.tensor(problem[key], dtype=torch.float64) for key in ("inputs", "first", "second"))
    first[0, 0], second[0, 0] = point
    first.requires_grad_()
    second.requires_grad_()
    logits = ACTIVATIONS[activation](inputs @ first.T) @ second.T
    value = LOSSES[NAMES[cost]](logits, torch.tensor(problem["targets"]))
    d_first, d_second = torch.autograd.grad(value, (first, second))
    return [value.item(), d_first[0, 0].item(), d_second[0, 0].item()]


def test_a_surface_has_the_costs_and_slopes_of_its_points(modules: Page) -> None:
    script = (
        PROBLEM
        + """
        const drawn = costs.surfaces(problem, "tanh", 9);
        const { quadratic } = costs.costsAt(problem, "tanh", drawn.weights[2], drawn.weights[7]);
        return [drawn.weights, drawn.quadratic.values[7][2] - quadratic.value,
                drawn.quadratic.slopes[7][2] ** 2 - quadratic.d1 ** 2 - quadratic.d2 ** 2];
    """
    )
    weights, value, slope = modules.evaluate(f"async () => {{ {script} }}")
    assert weights == pytest.approx([-10, -7.5, -5, -2.5, 0, 2.5, 5, 7.5, 10])
    assert (value, slope) == pytest.approx((0, 0), abs=1e-12)


def test_the_flat_share_counts_slopes_below_a_twentieth_of_the_steepest(modules: Page) -> None:
    found = modules.evaluate("""async () => {
        const { flatShare } = await import("/static/learn/costs.js");
        return flatShare({ slopes: [[100, 4.9], [5, 0]] });
    }""")
    assert found == 0.5


def test_the_quadratic_cost_has_more_plateaus(modules: Page) -> None:
    """What figure 5 shows, whatever is drawn for the network."""
    script = (
        PROBLEM
        + """
        const drawn = costs.surfaces(problem, "tanh", 41);
        return costs.COSTS.map((cost) => costs.flatShare(drawn[cost]));
    """
    )
    cross_entropy, quadratic = modules.evaluate(f"async () => {{ {script} }}")
    assert quadratic > 2 * cross_entropy
