"""What the page of a run shows, the same for its owner, behind a share link and in the offline file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app import svg, wording
from app.certainty import certainty
from app.figures import FIGURES, PAGE, Figure, layer_dash, layer_label, saturation_word
from app.models import ACTIVE
from ml.records import RunRecord

DENSITIES = ("activation", "backprop_gradient", "weight_gradient")
THEORY = ("predicted_activation", "predicted_gradient")
HEALTH = ("jacobian", "update_ratio", "gradient_norm", "dead", "piece_shares")
LIMITS = ("clipping", "clipped", "unit_norms")


@dataclass(frozen=True)
class Drawing:
    """One figure's place on the page, and its first picture (empty before the first snapshot)."""

    figure: Figure
    layer: str
    height: int
    picture: Markup


@dataclass(frozen=True)
class LegendEntry:
    layer: str
    label: str
    colour: str
    dashes: str


def run_view(run: RunRecord, step: int | None = None) -> dict[str, Any]:
    """The template's variables; `step` chooses the snapshot of the densities, by default the latest."""
    shown = run.nearest(step)
    depth = run.spec.depth
    suiting = (name for name, figure in FIGURES.items() if figure.suits(run.spec) and figure.reads != "layer")
    drawings = {name: _drawing(run, name, step) for name in suiting}
    return {
        "run": run,
        "active": run.status in ACTIVE,
        "shown": shown,
        "position": run.snapshots.index(shown) if shown else 0,
        "drawings": drawings,
        "bands": [_drawing(run, "bands", layer=layer) for layer in run.spec.hidden_layers],
        "densities": DENSITIES,
        "theory": THEORY,
        "health": [drawings[name] for name in HEALTH if name in drawings],
        "limits": [drawings[name] for name in LIMITS if name in drawings],
        "certainty": certainty(run),
        "legend": list(_legend(run, depth)),
        "saturation": FIGURES["saturation"],
        "activation": " / ".join(dict.fromkeys(activation.label for activation in run.spec.activations)),
        "saturation_word": saturation_word(run),
        "divergence": wording.divergence(run),
        "specification": wording.table(run.spec),
    }


def _drawing(run: RunRecord, name: str, step: int | None = None, layer: str = "") -> Drawing:
    figure = FIGURES[name]
    drawn = figure.draw(run, PAGE, step, layer or None)
    picture = svg.render(drawn, f"{figure.title}: {figure.subtitle}") if run.snapshots else ""
    return Drawing(figure, layer, drawn["layout"]["height"], Markup(picture))


def _legend(run: RunRecord, depth: int) -> Iterable[LegendEntry]:
    for index, layer in enumerate(run.spec.layers):
        dash = layer_dash(index)
        dashes = "" if dash == "solid" else dash.replace("px", "")
        yield LegendEntry(layer, layer_label(index, depth), PAGE.layer(index, depth), dashes)
