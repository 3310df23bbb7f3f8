"""Every figure by its name: a pure function RunRecord -> Plotly figure as a plain dict {"data", "layout"}.

Each function's docstring is also what the page says under "What am I seeing?". `app.svg` draws the same dict without
JavaScript. A new figure is a function and an entry in FIGURES.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.figures.axes import Json
from app.figures.densities import activation, backprop_gradient, layer_label, weight, weight_gradient
from app.figures.heatmap import saturation, saturation_word
from app.figures.over_epochs import bands, diverged_at, error, gradient_flow, loss
from app.theme import DARK, LIGHT, PAGE, THEMES, Theme, layer_dash
from ml.records import RunRecord

__all__ = [
    "DARK", "FIGURES", "LIGHT", "PAGE", "THEMES", "Figure", "Theme", "diverged_at", "layer_dash", "layer_label",
    "saturation_word",
]  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """`plot` draws it; `reads` is what it must know besides the run: the step of a snapshot, or a layer's name."""

    name: str
    title: str
    subtitle: str
    plot: Callable[..., Json]
    reads: Literal["", "step", "layer"] = ""

    def draw(self, run: RunRecord, theme: Theme, step: int | None = None, layer: str | None = None) -> Json:
        """Plotly's {"data", "layout"}, for the snapshot at `step` or the last one before it (by default the latest) or
        for hidden layer `layer` (by default the first).

        Raises LookupError for a layer that the run does not have.
        """
        chosen = {"step": step, "layer": layer}
        return self.plot(run, theme, chosen[self.reads]) if self.reads else self.plot(run, theme)

    @property
    def about(self) -> list[str]:
        """Paragraphs: what is drawn and what to conclude from it."""
        return [" ".join(part.split()) for part in (inspect.getdoc(self.plot) or "").split("\n\n")]


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("loss", "Loss", "mean over train and validation set", loss),
        Figure("error", "Error", "share of wrong answers", error),
        Figure("saturation", "Saturation", "share of units on the flat side", saturation),
        Figure("activation", "Activations", "what each layer passes on", activation, "step"),
        Figure("backprop_gradient", "Back-propagated gradients", "what reaches each layer", backprop_gradient, "step"),
        Figure("weight_gradient", "Weight gradients", "what each layer learns from", weight_gradient, "step"),
        Figure("weight", "Weights", "what each layer has learnt", weight, "step"),
        Figure("bands", "Activations over training", "mean, ± std, 2nd and 98th percentile", bands, "layer"),
        Figure("gradient_flow", "Gradient flow", "how much gradient reaches each layer", gradient_flow),
    )
}
