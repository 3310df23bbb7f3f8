"""What the browser expects of a random network, against what the product predicts of the same one."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from app.settings import PROJECT
from ml.catalog import INITIALISERS
from ml.spec import RunSpec
from ml.theory import predict

pytestmark = pytest.mark.browser

DEPTH, WIDTH, INPUTS = 6, 120, 1024
SCRIPT = """async ([activation, init, depth, width, inputs, square]) => {
    const { FUNCTIONS } = await import("/static/learn/functions.js");
    const { WEIGHT_VARIANCE, backward, forward } = await import("/static/learn/meanfield.js");
    const { f, alpha } = FUNCTIONS[activation];
    const fans = Array.from({ length: depth }, (_one, i) => (i ? width : inputs));
    const layers = forward((s) => f(s, alpha), fans.map((fan) => fan * WEIGHT_VARIANCE[init](fan, width)), square);
    const downs = fans.map((fan) => width * WEIGHT_VARIANCE[init](fan, width));
    return [layers.map(({ std }) => std), layers.map(({ variance }) => variance), backward(layers, downs)];
}"""


@pytest.mark.parametrize("init", ["standard", "xavier_uniform", "kaiming_normal", "lecun_normal", "normal"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softsign", "relu", "leaky_relu", "elu", "selu", "gelu"])
def test_every_layer_is_as_the_product_predicts_it(modules: Page, activation: str, init: str) -> None:
    expected = predict(RunSpec(dataset="shapeset", hidden=(WIDTH,) * DEPTH, activation=activation, init=init))
    assert expected is not None
    square = expected.source[0, 1] ** 2 / (INPUTS * INITIALISERS[init].variance(INPUTS, WIDTH, 1.0))

    stds, variances, gradients = modules.evaluate(SCRIPT, [activation, init, DEPTH, WIDTH, INPUTS, square])

    np.testing.assert_allclose(stds, expected.source[:, 1], rtol=1e-6)
    np.testing.assert_allclose(variances, expected.variance["activation"], rtol=1e-6)
    down = expected.variance["backprop_gradient"]
    np.testing.assert_allclose(np.array(gradients) / gradients[-1], down / down[-1], rtol=1e-6)


def test_the_page_takes_the_mean_square_of_real_images() -> None:
    written = re.search(r"INPUT_SQUARE = ([\d.]+);", (PROJECT / "static/learn/activations_page.js").read_text())
    expected = predict(RunSpec(dataset="shapeset", hidden=(10,), init="normal", init_std=1))
    assert written is not None
    assert expected is not None
    assert float(written[1]) == pytest.approx(expected.source[0, 1] ** 2 / INPUTS, abs=0.01)
