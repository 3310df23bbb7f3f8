"""The theory in the browser, against ml.theory."""

import math
from typing import Any

import pytest
from playwright.sync_api import Page

from ml.catalog import ACTIVATIONS, INITIALISERS
from ml.spec import RunSpec
from ml.theory import inputs, predict

pytestmark = pytest.mark.browser

PREDICTED = """async ([unit, square, gains, downs]) => {
  const { backward, forward } = await import("/static/learn/meanfield.js");
  const layers = forward(unit, square, gains);
  return { layers, gradient: backward(layers, downs) };
}"""
VARIANCES = """async () => {
  const { VARIANCES } = await import("/static/learn/meanfield.js");
  return Object.fromEntries(Object.entries(VARIANCES).map(([name, of]) => [name, [of(40, 60, 0.3), of(60, 40, 0.3)]]));
}"""
SHARES = """async (units) => {
  const { saturatedShare } = await import("/static/learn/meanfield.js");
  return units.map(([unit, std]) => saturatedShare(unit, std));
}"""


def in_the_browser(modules: Page, spec: RunSpec) -> Any:
    activation = spec.activations[0]
    unit = {"name": activation.name, "alpha": spec.activation_alpha(activation), "pieces": spec.shapes[0].pieces}
    variances = [
        INITIALISERS[name].variance(shape.fan_in, shape.fan_out, spec.init_std or 1)
        for name, shape in zip(spec.inits, spec.shapes, strict=True)
    ][: spec.depth]
    shapes = spec.shapes[: spec.depth]
    gains = [shape.fan_in * variance for shape, variance in zip(shapes, variances, strict=True)]
    downs = [shape.units * variance for shape, variance in zip(shapes, variances, strict=True)]
    return modules.evaluate(PREDICTED, [unit, inputs(spec).square, gains, downs])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_predicted_as_the_product_predicts_it(modules: Page, name: str) -> None:
    spec = RunSpec(hidden=(50, 70, 30, 60), activation=name, init="xavier_uniform")
    found, wanted = in_the_browser(modules, spec), predict(spec)
    assert wanted is not None
    # The product takes slopes as differences over a cell of its grid.
    assert [layer["source"] for layer in found["layers"]] == pytest.approx(wanted.source[:, 1].tolist(), rel=1e-6)
    assert [layer["std"] for layer in found["layers"]] == pytest.approx(wanted.std("activation").tolist(), rel=1e-6)
    gradient = wanted.std("backprop_gradient")
    assert [std / found["gradient"][-1] for std in found["gradient"]] == pytest.approx(
        (gradient / gradient[-1]).tolist(), rel=1e-4
    )


@pytest.mark.parametrize(("init", "std"), [("standard", None), ("kaiming_normal", None), ("normal", 0.5)])
def test_it_holds_for_small_and_for_large_weights(modules: Page, init: str, std: float | None) -> None:
    spec = RunSpec(hidden=(100,) * 20, activation="tanh", init=init, init_std=std)
    found, wanted = in_the_browser(modules, spec), predict(spec)
    assert wanted is not None
    assert [layer["std"] for layer in found["layers"]] == pytest.approx(wanted.std("activation").tolist(), rel=1e-6)


def test_initialisers_have_the_variances_of_the_catalog(modules: Page) -> None:
    found = modules.evaluate(VARIANCES)
    assert set(found) == set(INITIALISERS)
    for name, variances in found.items():
        wanted = [INITIALISERS[name].variance(*fans, 0.3) for fans in ((40, 60), (60, 40))]
        assert variances == pytest.approx(wanted, rel=1e-12)


def test_the_saturated_share_is_the_normal_distribution_s_beyond_the_edges(modules: Page) -> None:
    tanh, relu, leaky, maxout = modules.evaluate(
        SHARES, [[{"name": name, "alpha": 0}, 2] for name in ("tanh", "relu", "leaky_relu", "maxout")]
    )
    edge = math.acosh(math.sqrt(20))  # tanh' = 1 / cosh² = 0.05
    assert tanh == pytest.approx(math.erfc(edge / 2 / math.sqrt(2)), rel=1e-6)
    assert relu == pytest.approx(0.5, abs=1e-9)
    assert leaky is None
    assert maxout is None
