"""Every figure by its name: a pure function RunRecord -> Plotly figure as a plain dict {"data", "layout"}.

Each function's docstring is also what the page says under "What am I seeing?". `app.svg` draws the same dict without
JavaScript. A new figure is a function and an entry in FIGURES.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.figures import marks
from app.figures.axes import Json
from app.figures.certainty import monte_carlo
from app.figures.densities import activation, backprop_gradient, weight, weight_gradient
from app.figures.health import dead, gradient_norm, jacobian, piece_shares, update_ratio
from app.figures.heatmap import dead_overview, gradient_overview, saturation, saturation_word
from app.figures.layer_lines import layer_label
from app.figures.over_epochs import bands, error, gradient_flow, loss
from app.figures.regularisation import clipped, clipping, unit_norms
from app.figures.theory import predicted_activation, predicted_gradient
from app.figures.view import Option, View
from app.i18n import gettext
from app.theme import DARK, LIGHT, PAGE, THEMES, Theme, layer_dash
from ml.records import RunRecord
from ml.spec import RunSpec

__all__ = [
    "DARK", "FIGURES", "LIGHT", "PAGE", "THEMES", "Figure", "Theme", "View", "layer_dash", "layer_label",
    "saturation_word",
]  # fmt: skip


_PLAIN = View()
_LOG: frozenset[Option] = frozenset({"log"})
_OVER_TIME: frozenset[Option] = frozenset({"log", "smooth"})
_DENSITY: frozenset[Option] = frozenset({"log", "ridge"})
_DENSITY_AT_FIRST: frozenset[Option] = _DENSITY | {"expected"}


def _every_run(_: RunSpec) -> bool:
    return True


@dataclass(frozen=True)
class Figure:
    """`plot` draws it; `reads` is what it must know besides the run: the step of a snapshot, or a layer's name;
    `suits` tells whether runs of a spec have what it draws, `options` what of a View it can do."""

    name: str
    title: str
    subtitle: str
    plot: Callable[..., Json]
    reads: Literal["", "step", "layer"] = ""
    suits: Callable[[RunSpec], bool] = _every_run
    options: frozenset[Option] = frozenset()

    def draw(
        self, run: RunRecord, theme: Theme, step: int | None = None, layer: str | None = None, view: View = _PLAIN
    ) -> Json:
        """Plotly's {"data", "layout"}, for the snapshot at `step` or the last one before it (by default the latest) or
        for hidden layer `layer` (by default the first).

        Raises LookupError for a layer that the run does not have.
        """
        if not self.suits(run.spec):
            return marks.blank(theme, gettext("this run has nothing of the kind"))
        chosen: dict[str, list[int | str | None]] = {"step": [step], "layer": [layer], "": []}
        return self.plot(run, theme, *chosen[self.reads], *([view] if self.options else []))

    @property
    def about(self) -> list[str]:
        """Paragraphs: what is drawn and what to conclude from it."""
        return [" ".join(part.split()) for part in (inspect.getdoc(self.plot) or "").split("\n\n")]


def _can_saturate(spec: RunSpec) -> bool:
    return any(activation.max_slope is not None for activation in spec.activations)


def _clips(spec: RunSpec) -> bool:
    return bool(spec.clip != "none")


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("loss", "Loss", "mean over train and validation set", loss, options=_OVER_TIME),
        Figure("error", "Error", "share of wrong answers", error, options=_OVER_TIME),
        Figure("saturation", "Saturation", "share of units on the flat side", saturation, suits=_can_saturate),
        Figure("gradient_overview", "Gradient", "how much reaches each layer, as a power of ten", gradient_overview),
        Figure("dead_overview", "Dead units", "share of each layer, over training", dead_overview, suits=_can_saturate),
        Figure("activation", "Activations", "what each layer passes on", activation, "step", options=_DENSITY_AT_FIRST),
        Figure(
            "backprop_gradient", "Back-propagated gradients", "what reaches each layer", backprop_gradient, "step",
            options=_DENSITY_AT_FIRST,
        ),
        Figure(
            "weight_gradient", "Weight gradients", "what each layer learns from", weight_gradient, "step",
            options=_DENSITY,
        ),
        Figure("weight", "Weights", "what each layer has learnt", weight, "step", options=_DENSITY_AT_FIRST),
        Figure("bands", "Activations over training", "mean, ± std, 2nd and 98th percentile", bands, "layer"),
        Figure("gradient_flow", "Gradient flow", "how much gradient reaches each layer", gradient_flow, options=_LOG),
        Figure("predicted_activation", "The signal on its way up", "activations at step 0", predicted_activation),
        Figure("predicted_gradient", "The gradient on its way down", "gradients at step 0", predicted_gradient),
        Figure(
            "jacobian", "Jacobian", "what becomes of a small change", jacobian,
            suits=lambda spec: spec.depth > 1, options=_LOG,
        ),
        Figure("update_ratio", "Size of the updates", "relative to the weights", update_ratio, options=_OVER_TIME),
        Figure(
            "gradient_norm", "Gradient on the batch", "what the training steps get", gradient_norm,
            options=_OVER_TIME,
        ),
        Figure("dead", "Dead units", "silent for every example", dead, suits=_can_saturate, options=_LOG),
        Figure(
            "piece_shares", "Pieces of maxout", "how evenly they win", piece_shares,
            suits=lambda spec: "maxout" in (activation.name for activation in spec.activations),
        ),
        Figure("clipping", "Clipping", "the gradient before and after", clipping, suits=_clips, options=_LOG),
        Figure("clipped", "Clipped steps", "how often it was needed", clipped, suits=_clips),
        Figure(
            "unit_norms", "Max-norm", "longest and median weights of a unit", unit_norms,
            suits=lambda spec: spec.max_norm is not None, options=_LOG,
        ),
        Figure(
            "monte_carlo", "Certainty", "entropy of right and of wrong answers", monte_carlo,
            suits=lambda spec: spec.mc_passes is not None,
        ),
    )
}  # fmt: skip
