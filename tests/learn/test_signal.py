"""The signal through a random network in the browser, against torch and its automatic differentiation."""

import pytest
import torch
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DEPTH, WIDTH, EXAMPLES = 5, 7, 4
SCRIPT = """async ([activation, gain, ...size]) => {
    const { FUNCTIONS } = await import("/static/learn/functions.js");
    const { drawNumbers, propagate } = await import("/static/learn/signal.js");
    const { f, slope, alpha } = FUNCTIONS[activation];
    const numbers = drawNumbers(...size, 3);
    const found = propagate(numbers, { f: (s) => f(s, alpha), slope: (s) => slope(s, alpha) }, gain);
    const plain = (values) => [...values];
    return [found, numbers.weights.map(plain), plain(numbers.inputs), plain(numbers.errors)];
}"""


@pytest.mark.parametrize("gain", [0.58, 1.5])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_activations_and_gradients_of_every_layer_are_those_of_torch(
    modules: Page, activation: str, gain: float
) -> None:
    found, weights, inputs, errors = modules.evaluate(SCRIPT, [activation, gain, DEPTH, WIDTH, EXAMPLES])

    z = tensor(inputs, EXAMPLES).requires_grad_()
    sums, stds = [], []
    for layer in weights:
        sums.append(z @ (gain / WIDTH**0.5 * tensor(layer, WIDTH)).T)
        sums[-1].retain_grad()
        z = getattr(torch, activation)(sums[-1])
        stds.append(z.std(correction=0).item())
    z.backward(tensor(errors, EXAMPLES))

    assert found["activations"] == pytest.approx(stds, abs=1e-6)
    assert found["gradients"] == pytest.approx([s.grad.std(correction=0).item() for s in sums], abs=1e-6)


def test_the_numbers_drawn_are_normal_and_the_same_for_the_same_seed(modules: Page) -> None:
    script = """async (seed) => {
        const { normalFrom, uniformFrom } = await import("/static/learn/random.js");
        const normal = normalFrom(uniformFrom(seed));
        return Array.from({ length: 20000 }, normal);
    }"""

    first, again, other = (torch.tensor(modules.evaluate(script, seed)) for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert abs(first.mean()) < 0.03
    assert abs(first.std() - 1) < 0.03
    assert abs((first.abs() < 1).double().mean() - 0.6827) < 0.015


def tensor(values: list[float], rows: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(rows, -1)
