"""The signal through twenty layers, against torch and autograd in double precision."""

from typing import Any

import pytest
import torch
from playwright.sync_api import Page

from ml.catalog import ACTIVATIONS
from tests.learn.test_functions import ALPHA, PLAIN, function

pytestmark = pytest.mark.browser

SMALL = """
  const { drawNetwork, simulate } = await import("/static/learn/signal.js");
  const network = drawNetwork(7, 5, 12, 4);
"""


@pytest.fixture(scope="module")
def simulated(modules: Page) -> Any:
    """A small network's draws, and what comes of them at a scale, for every activation."""
    script = "return [network, Object.fromEntries(names.map((name) => [name, simulate(network, name, alpha, 1.3)]))];"
    as_lists = "JSON.parse(JSON.stringify(network, (_key, value) => (ArrayBuffer.isView(value) ? [...value] : value)))"
    script = script.replace("[network,", f"[{as_lists},")
    return modules.evaluate(f"async ([names, alpha]) => {{ {SMALL} {script} }}", [PLAIN, ALPHA])


@pytest.mark.parametrize("name", PLAIN)
def test_signal_and_gradient_of_every_layer_are_those_of_autograd(simulated: Any, name: str) -> None:
    network, results = simulated
    z, top = (torch.tensor(network[key], dtype=torch.float64).view(4, 12) for key in ("inputs", "gradients"))
    sums, activations = [], []
    for draws in network["weights"]:
        s = (z.detach() if not sums else z) @ (1.3 * torch.tensor(draws, dtype=torch.float64).view(12, 12)).T
        s.requires_grad_()
        z = function(name)(s)
        sums.append(s)
        activations.append(z.std(correction=0).item())
    gradients = torch.autograd.grad(z, sums, top)
    assert results[name]["activation"] == pytest.approx(activations, rel=1e-6)
    wanted = [gradient.std(correction=0).item() for gradient in gradients]
    assert results[name]["gradient"] == pytest.approx(wanted, rel=1e-6)


def test_the_same_seed_draws_the_same_network_of_the_variance_it_says(modules: Page) -> None:
    script = """
      const { drawNetwork, LAYERS, WIDTH } = await import("/static/learn/signal.js");
      const [one, same, other] = [drawNetwork(1), drawNetwork(1), drawNetwork(2)].map(({ weights }) => weights);
      const squares = one.map((layer) => layer.reduce((sum, weight) => sum + weight * weight, 0) / WIDTH);
      return [one.length === LAYERS, one[19][5] === same[19][5], one[19][5] === other[19][5], squares];
    """
    right_depth, same, other, squares = modules.evaluate(f"async () => {{ {script} }}")
    assert (right_depth, same, other) == (True, True, False)
    assert squares == pytest.approx([1] * 20, abs=0.06)  # 4 standard errors of 10,000 draws


def test_a_network_at_glorot_s_scale_keeps_the_signal_that_the_standard_one_loses(modules: Page) -> None:
    script = """
      const { drawNetwork, simulate } = await import("/static/learn/signal.js");
      const network = drawNetwork(1);
      const kept = (scale) => { const { activation } = simulate(network, "tanh", 0, scale); return activation[0] / activation[19]; };
      return [kept(1), kept(1 / Math.sqrt(3))];
    """
    glorot, standard = modules.evaluate(f"async () => {{ {script} }}")
    assert glorot < 5
    assert standard > 10_000


def test_the_simulated_network_follows_theory(modules: Page) -> None:
    script = """
      const { drawNetwork, simulate } = await import("/static/learn/signal.js");
      const { backward, forward } = await import("/static/learn/meanfield.js");
      const gains = Array(20).fill(2);
      const { activation, gradient } = simulate(drawNetwork(3), "relu", 0, Math.SQRT2);
      const layers = forward({ name: "relu", alpha: 0, pieces: 1 }, 1, gains);
      return [layers.slice(0, 5).map(({ std }, i) => activation[i] / std),
              backward(layers, gains).slice(15).map((std, i) => gradient[15 + i] / std)];
    """
    up, down = modules.evaluate(f"async () => {{ {script} }}")
    assert up == pytest.approx([1] * 5, abs=0.25)  # √(depth / width) = 0.22
    assert down == pytest.approx([1] * 5, abs=0.25)


def test_every_activation_but_maxout_can_be_sent_through(simulated: Any) -> None:
    assert set(simulated[1]) == set(ACTIVATIONS) - {"maxout"}
