from itertools import product
from typing import Any

import pytest
import torch
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FUNCTIONS = {"linear": lambda s: s, "tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}
NETWORK = """
    const ensemble = await import("/static/learn/ensemble.js");
    let at = 0;
    const normal = () => Math.sqrt(2) * Math.sin(12.9 * ++at);
    const network = ensemble.drawNetwork(normal, choices.depth);
"""
CASES: list[dict[str, Any]] = [
    {"depth": depth, "activation": activation, "output": output, "p": p}
    for depth, (activation, output), p in product(
        (1, 2), (("tanh", "linear"), ("relu", "sigmoid"), ("linear", "linear")), (0.2, 0.5)
    )
]


@pytest.fixture(scope="module")
def computed(modules: Page) -> Any:
    """For each of CASES: the network, every sub-network, their mean and spread, and the answer of the whole."""
    script = (
        NETWORK
        + """
        const all = ensemble.everySubnetwork(network, choices);
        return { network, all, mean: ensemble.expected(all), whole: ensemble.wholeAnswer(network, choices),
                 input: ensemble.INPUT };
    """
    )
    return [modules.evaluate(f"async (choices) => {{ {script} }}", case) for case in CASES]


def test_every_sub_network_answers_what_torch_answers_with_its_mask(computed: Any) -> None:
    for case, found in zip(CASES, computed, strict=True):
        assert len(found["all"]) == 2 ** (4 * case["depth"])
        for part in found["all"]:
            mask = torch.tensor(part["kept"], dtype=torch.float64) / (1 - case["p"])
            assert part["output"] == pytest.approx(by_torch(case, found, mask), rel=1e-6, abs=1e-9)


def test_the_whole_network_answers_as_torch_in_evaluation(computed: Any) -> None:
    for case, found in zip(CASES, computed, strict=True):
        whole = torch.ones(4 * case["depth"], dtype=torch.float64)
        assert found["whole"] == pytest.approx(by_torch(case, found, whole), rel=1e-6)


def by_torch(case: dict[str, Any], found: dict[str, Any], mask: torch.Tensor) -> float:
    signal = torch.tensor(found["input"], dtype=torch.float64)
    *hidden, output = (torch.tensor(layer, dtype=torch.float64) for layer in found["network"])
    for layer, scale in zip(hidden, mask.split(4), strict=True):
        signal = FUNCTIONS[case["activation"]](layer @ signal) * scale
    answer: torch.Tensor = FUNCTIONS[case["output"]](output @ signal)
    return float(answer)


def test_the_mean_is_that_of_torchs_dropout(computed: Any) -> None:
    """The mean over 200,000 masks that torch.nn.Dropout draws, within four standard errors."""
    torch.manual_seed(0)
    draws = 200_000
    for case, found in zip(CASES, computed, strict=True):
        dropout = torch.nn.Dropout(case["p"])
        signal = torch.tensor(found["input"]).expand(draws, -1)
        *hidden, output = (torch.tensor(layer) for layer in found["network"])
        for layer in hidden:
            signal = dropout(FUNCTIONS[case["activation"]](signal @ layer.T))
        drawn = FUNCTIONS[case["output"]](signal @ output.T)
        mean, std = found["mean"]["mean"], found["mean"]["std"]
        assert drawn.mean().item() == pytest.approx(mean, abs=4 * std / draws**0.5)
        assert drawn.std().item() == pytest.approx(std, rel=0.02)


def test_the_probabilities_of_all_sub_networks_are_1_together(computed: Any) -> None:
    for found in computed:
        assert sum(part["probability"] for part in found["all"]) == pytest.approx(1)


def test_one_pass_is_the_mean_exactly_where_all_that_follows_is_linear(computed: Any) -> None:
    for case, found in zip(CASES, computed, strict=True):
        difference = abs(found["mean"]["mean"] - found["whole"])
        exact = case["activation"] == "linear" or (case["depth"] == 1 and case["output"] == "linear")
        assert difference < 1e-12 if exact else difference > 1e-6


def test_passes_that_are_drawn_keep_the_share_that_dropout_leaves(modules: Page) -> None:
    kept, never, always = modules.evaluate("""async () => {
        const { drawKept } = await import("/static/learn/ensemble.js");
        let at = 0;
        const uniform = () => (at++ % 100) / 100;
        return [drawKept(uniform, 1000, 0.3), drawKept(uniform, 50, 1), drawKept(uniform, 50, 0)];
    }""")
    assert sum(kept) == 700
    assert not any(never)
    assert all(always)


def test_sampled_outputs_have_the_mean_and_spread_of_numpy(modules: Page) -> None:
    found = modules.evaluate("async () => (await import('/static/learn/ensemble.js')).sampled([1, 2, 3, 6])")
    assert found == pytest.approx({"mean": 3, "std": 3.5**0.5})
