from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from sklearn.datasets import load_digits
from torch import nn

pytestmark = pytest.mark.browser

CASES = [
    {"side": side, "inputs": inputs, "outputs": outputs, "kernel": kernel}
    for side, inputs, outputs, kernel in ((8, 1, 8, 3), (5, 3, 2, 1), (6, 2, 4, 5), (7, 1, 3, 7))
]


@pytest.mark.parametrize("case", CASES)
def test_parameters_are_those_of_torchs_layers(modules: Page, case: dict[str, int]) -> None:
    found = modules.evaluate("async (case_) => (await import('/static/learn/convolution.js')).counts(case_)", case)
    pixels = case["side"] ** 2
    convolution = nn.Conv2d(case["inputs"], case["outputs"], case["kernel"], padding=case["kernel"] // 2)
    dense = nn.Linear(case["inputs"] * pixels, case["outputs"] * pixels)
    assert found["convolution"]["parameters"] == parameters(convolution)
    assert found["dense"]["parameters"] == parameters(dense)
    assert found["convolution"]["multiplications"] == convolution.weight.numel() * pixels
    assert found["dense"]["multiplications"] == dense.weight.numel()


def parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_feature_map_is_that_of_torchs_conv2d(modules: Page, size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    image = torch.randn(8, 8, generator=generator, dtype=torch.float64)
    kernel = torch.randn(size, size, generator=generator, dtype=torch.float64)
    script = "async ([image, kernel]) => (await import('/static/learn/convolution.js')).convolve(image, kernel)"
    found = modules.evaluate(script, [image.tolist(), kernel.tolist()])
    wanted = nn.functional.conv2d(image[None, None], kernel[None, None], padding=size // 2)[0, 0]
    assert torch.tensor(found, dtype=torch.float64).sub(wanted).abs().max() < 1e-6


@pytest.mark.parametrize(("place", "size"), [((0, 0), 3), ((4, 7), 3), ((3, 3), 5), ((7, 1), 1)])
def test_an_output_reads_the_pixels_that_its_gradient_reaches(modules: Page, place: tuple[int, int], size: int) -> None:
    image = torch.zeros(1, 1, 8, 8, requires_grad=True)
    nn.functional.conv2d(image, torch.ones(1, 1, size, size), padding=size // 2)[0, 0, *place].backward()
    assert image.grad is not None
    script = "async (place) => (await import('/static/learn/convolution.js')).inputsOf(...place)"
    found: Any = modules.evaluate(script, [*place, size, 8])
    assert found == image.grad[0, 0].nonzero().tolist()


def test_the_terms_of_an_output_at_the_edge_have_zeros_for_what_is_outside(modules: Page) -> None:
    found = modules.evaluate("""async () => {
        const { terms } = await import("/static/learn/convolution.js");
        return terms([[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], 0, 0);
    }""")
    assert [term["pixel"] for term in found] == [0, 0, 0, 0, 1, 2, 0, 3, 4]
    assert [term["weight"] for term in found] == list(range(1, 10))


def test_the_digits_are_those_that_runs_train_on(modules: Page) -> None:
    digits = load_digits()
    found = modules.evaluate("async () => (await import('/static/learn/digits.js')).DIGITS")
    for label, image in found.items():
        same = (digits.images == image).all(axis=(1, 2))
        assert digits.target[same].tolist() == [int(label)]
