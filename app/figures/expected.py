"""What theory expects of the distributions at step 0, drawn beside what was measured there."""

from collections.abc import Iterable

import numpy as np

from app.figures.axes import Array, Json
from app.figures.layer_lines import layer_label, layer_line
from app.i18n import gettext as _
from app.theme import Theme
from ml import expected as laws
from ml.records import RunRecord, StepRecord
from ml.spec import RunSpec
from ml.theory import Prediction, predict, without

Outline = tuple[list[float], list[float]]


def expected(run: RunRecord, snapshot: StepRecord, signal: str) -> tuple[list[Outline], str]:
    """For each layer the expected density in the bins of its histogram (empty where none is known), and what to
    say of them."""
    spec, names = run.spec, run.layers_with(signal)
    if snapshot.step > 0:
        return [], _("expected values are those of step 0")
    if reason := _unknown(spec, signal):
        return [], reason
    prediction = predict(spec) if signal != "weight" else None
    outlines = []
    for index, layer in enumerate(snapshot.layers[: len(names)]):
        edges = layer.histogram(signal).edges
        shares = _shares(spec, prediction, signal, index, edges)
        known = shares is not None and bool(np.isfinite(shares).all())
        outlines.append(_outline(shares, edges) if shares is not None and known else ([], []))
    if all(x for x, y in outlines):
        return outlines, _("dotted: what theory expects")
    return outlines, _("dotted: what theory expects, where it is known")


def expected_line(spec: RunSpec, theme: Theme, index: int, x: Iterable[float], y: Iterable[float]) -> Json:
    """Dotted and thin, in the layer's colour."""
    line = layer_line(spec, theme, index, x, y, width=1.2)
    name = _("{layer}, expected", layer=layer_label(index, spec.depth))
    hover = line["hovertemplate"].replace(line["name"], name, 1)
    return line | {"name": name, "line": line["line"] | {"dash": "1px,3px"}, "hovertemplate": hover}


def _unknown(spec: RunSpec, signal: str) -> str:
    """Why nothing is known of any layer."""
    if signal != "weight" and (reason := without(spec)):
        return _(reason)
    if spec.transfer_from is not None:
        return _("no prediction: layers of another run are not random")
    if signal == "backprop_gradient" and spec.batch_norm == "after":
        return _("no prediction: each unit is normalised by its own scale")
    return ""


def _shares(spec: RunSpec, prediction: Prediction | None, signal: str, index: int, edges: Array) -> Array | None:
    if prediction is None:
        return laws.weight(spec, index, edges)
    if signal == "activation":
        return laws.activation(spec, prediction, index, edges)
    return laws.gradient(spec, prediction, index, edges) if laws.gradient_is_known(spec, index) else None


def _outline(shares: Array, edges: Array) -> Outline:
    return ((edges[:-1] + edges[1:]) / 2).tolist(), (shares / np.diff(edges)).tolist()
