"""What the page of a run shows, the same for its owner, behind a share link and in the offline file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from app import svg, wording
from app.certainty import certainty
from app.diagnosis_view import diagnosis_view
from app.figures import FIGURES, PAGE, Figure, Theme, View, layer_dash, layer_label, saturation_word
from app.figures.axes import Json
from app.freshness import release
from app.i18n import gettext as _
from app.models import ACTIVE
from app.page_state import OVERVIEWS, PageState
from ml.records import RunRecord, StepRecord

DENSITIES = ("activation", "backprop_gradient", "weight_gradient")
THEORY = ("predicted_activation", "predicted_gradient")
HEALTH = ("jacobian", "update_ratio", "gradient_norm", "dead", "piece_shares")
LIMITS = ("clipping", "clipped", "unit_norms")

# Of the figures that stand beside others: the first view of the page is the overview with both curves beside it.
_HEIGHTS = dict.fromkeys(OVERVIEWS.values(), 412) | {"loss": 186, "error": 186}


@dataclass(frozen=True)
class Switch:
    """A choice that the page offers: a link to itself with this choice made, which the script turns into a button."""

    name: str
    value: str
    label: str
    address: str
    on: bool


@dataclass(frozen=True)
class Drawing:
    """One figure's place on the page, its first picture (empty before the first snapshot) and what can be done with it.
    `query` is what its table, its CSV file and its picture file must be told."""

    figure: Figure
    layer: str
    height: int
    picture: Markup
    logarithmic: bool
    switches: tuple[Switch, ...]
    query: str

    @property
    def key(self) -> str:
        """By what the script asks for it: its name, and the layer where it has one."""
        return f"{self.figure.name}:{self.layer}" if self.layer else self.figure.name


@dataclass(frozen=True)
class LegendEntry:
    colour: str
    dashes: str
    switch: Switch


def run_view(run: RunRecord, state: PageState) -> dict[str, Any]:
    """The template's variables: the run as `state` wants it shown."""
    shown = run.nearest(state.step)
    overview = _overview(run, state)
    drawings = {name: _drawing(run, name, state) for name in _standing(run)}
    return {
        "run": run,
        "state": state,
        "release": release(),
        "active": run.status in ACTIVE,
        "shown": shown,
        "position": run.snapshots.index(shown) if shown else 0,
        "drawings": drawings,
        "overviews": [_panel(run, word, state, overview) for word in _overviews(run)],
        "bands": [_drawing(run, f"bands:{layer}", state) for layer in run.spec.hidden_layers],
        "densities": [drawings[name] for name in DENSITIES],
        "arrangements": list(_arrangements(state)),
        "expected": _expected_switch(state, shown),
        "theory": [drawings[name] for name in THEORY],
        "health": [drawings[name] for name in HEALTH if name in drawings],
        "limits": [drawings[name] for name in LIMITS if name in drawings],
        "certainty": certainty(run),
        "legend": list(_legend(run, state)),
        "saturation_word": saturation_word(run),
        "diagnosis": diagnosis_view(run, state),
        "specification": wording.table(run.spec),
    }


def draw(run: RunRecord, key: str, theme: Theme, state: PageState) -> Json:
    """The figure `key` (a name, or a name and a layer) as it stands on the page.

    Raises KeyError for a name and LookupError for a layer that there is not.
    """
    name, _colon, layer = key.partition(":")
    figure = FIGURES[name]
    view = state.view(name)
    able = View(**{option: getattr(view, option) for option in figure.options})
    drawn = figure.draw(run, theme, step=state.step, layer=layer or None, view=able)
    drawn["layout"]["height"] = _HEIGHTS.get(name, drawn["layout"]["height"])
    return drawn


def _standing(run: RunRecord) -> Iterator[str]:
    """The figures that stand on the page once, but for the overviews."""
    for name, figure in FIGURES.items():
        if figure.suits(run.spec) and figure.reads != "layer" and name not in OVERVIEWS.values():
            yield name


def _drawing(run: RunRecord, key: str, state: PageState, with_picture: bool = True) -> Drawing:
    name, _colon, layer = key.partition(":")
    figure, drawn = FIGURES[name], draw(run, key, PAGE, state)
    layout = drawn["layout"]
    logarithmic = layout["yaxis"]["type"] == "log"
    return Drawing(
        figure=figure,
        layer=layer,
        height=layout["height"],
        picture=_picture(drawn, figure, key, state) if with_picture and run.snapshots else Markup(),
        logarithmic=logarithmic,
        switches=tuple(_switches(figure, state, logarithmic)),
        query=urlencode(dict(_told(figure, layer, state))),
    )


def _told(figure: Figure, layer: str, state: PageState) -> Iterator[tuple[str, str | int]]:
    if layer:
        yield "layer", layer
    if figure.reads == "step" and state.step is not None:
        yield "step", state.step
    view = state.view(figure.name)
    for option in sorted(figure.options):
        if (value := getattr(view, option)) or (option == "log" and value is False):
            yield option, int(value)


def _picture(drawn: Json, figure: Figure, key: str, state: PageState) -> Markup:
    """Without the hidden layers, and with the axes that the reader zoomed to."""
    layout = drawn["layout"]
    for axis, ends in state.zoom.get(key, {}).items():
        layout[axis]["range"] = list(ends)
    drawn["data"] = [trace for trace in drawn["data"] if trace.get("meta") not in state.hide]
    layout["annotations"] = [note for note in layout["annotations"] if note.get("name") not in state.hide]
    return Markup(svg.render(drawn, f"{_(figure.title)}: {_(figure.subtitle)}"))


# --- what can be switched ---


def _switches(figure: Figure, state: PageState, logarithmic: bool) -> Iterator[Switch]:
    name = figure.name
    if "log" in figure.options:
        yield Switch("log", name, _("Log"), state.with_other_axis(name, logarithmic).address, logarithmic)
    if "smooth" in figure.options:
        yield Switch("smooth", name, _("Smooth"), state.toggled("smooth", name).address, name in state.smooth)


def _overviews(run: RunRecord) -> list[str]:
    return [word for word, name in OVERVIEWS.items() if FIGURES[name].suits(run.spec)]


def _overview(run: RunRecord, state: PageState) -> str:
    """The figure that the overview shows: what was asked for, else the first that suits the run."""
    there = _overviews(run)
    return OVERVIEWS[state.overview if state.overview in there else there[0]]


def _panel(run: RunRecord, word: str, state: PageState, overview: str) -> tuple[Switch, Drawing]:
    """One of the overviews; only that which is shown has its picture."""
    labels = {"saturated": _("Saturated"), "gradient": _("Gradient"), "dead": _("Dead")}
    name = OVERVIEWS[word]
    switch = Switch("overview", word, labels[word], replace(state, overview=word).address, name == overview)
    return switch, _drawing(run, name, state, with_picture=switch.on)


def _arrangements(state: PageState) -> Iterator[Switch]:
    for ridge, word, label in ((False, "overlaid", _("Overlaid")), (True, "ridge", _("Ridgeline"))):
        yield Switch("view", word, label, replace(state, ridge=ridge).address, state.ridge == ridge)


def _expected_switch(state: PageState, shown: StepRecord | None) -> Switch:
    """Theory tells how the signals begin, so that it can only be seen at step 0."""
    on = state.expected and shown is not None and shown.step == 0
    other = replace(state, expected=not on, step=state.step if on else 0)
    return Switch("expected", "1", _("Expected at step 0"), other.address, on)


def _legend(run: RunRecord, state: PageState) -> Iterable[LegendEntry]:
    depth = run.spec.depth
    for index, layer in enumerate(run.spec.layers):
        dash = layer_dash(index)
        address = state.toggled("hide", layer).address
        switch = Switch("hide", layer, layer_label(index, depth), address, layer not in state.hide)
        yield LegendEntry(PAGE.layer(index, depth), "" if dash == "solid" else dash.replace("px", ""), switch)
