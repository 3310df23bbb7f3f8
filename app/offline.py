"""A run as one HTML file that needs no server and no network: the way to share when no server stays up."""

import math
import re
from importlib.resources import files
from typing import Any

import orjson
from jinja2 import Environment
from markupsafe import Markup

from app.figures import FIGURES, PAGE
from app.page_state import PageState
from app.run_view import draw, run_view
from app.settings import PROJECT
from ml.records import RunRecord, StepRecord

# Each snapshot takes some 10 KB a layer; of a longer run every so many are kept, and the last.
MOST_SNAPSHOTS = 200
_STYLES = ("layerscope.css", "run.css")
_MODULES = (
    "words.js", "state.js", "chart.js", "board.js", "slider.js", "controls.js", "tools.js", "offline.js",
)  # fmt: skip


def page(templates: Environment, run: RunRecord) -> str:
    """The whole document, with every figure of every snapshot (of at most about MOST_SNAPSHOTS)."""
    kept = _thinned(run)
    context = run_view(run, PageState()) | {
        "kept": len(kept),
        "css": Markup("".join(map(_static, _STYLES))),
        "logo": Markup(_static("logo.svg")),
        "plotly": Markup(_plotly()),
        "script": Markup(_one_script()),
        "figures": Markup(_json(_figures(run, kept))),
    }
    return templates.get_template("offline.html").render(context)


def _thinned(run: RunRecord) -> list[StepRecord]:
    every = math.ceil(len(run.snapshots) / MOST_SNAPSHOTS) or 1
    return [s for i, s in enumerate(run.snapshots) if i % every == 0 or s is run.snapshots[-1]]


def _figures(run: RunRecord, kept: list[StepRecord]) -> dict[str, Any]:
    """By name, then by what the figure reads: the step or the layer. `moments` are the steps and epochs there are."""
    keys: dict[str, list[Any]] = {"step": [snapshot.step for snapshot in kept], "layer": list(run.spec.hidden_layers)}
    figures = {
        name: {str(key): _written(run, name, figure.reads, key) for key in keys[figure.reads]}
        if figure.reads
        else _written(run, name)
        for name, figure in FIGURES.items()
        if figure.suits(run.spec)
    }
    return figures | {"moments": [[snapshot.step, snapshot.epoch] for snapshot in kept]}


def _written(run: RunRecord, name: str, reads: str = "", key: Any = None) -> orjson.Fragment:
    """As JSON at once: a thousand figures take far more memory than their text."""
    state = PageState(step=key if reads == "step" else None)
    figure = draw(run, f"{name}:{key}" if reads == "layer" else name, PAGE, state)
    return orjson.Fragment(orjson.dumps(figure))


def _json(data: Any) -> str:
    """JSON that can't end the script element it stands in."""
    return orjson.dumps(data).decode().replace("<", "\\u003c")


def _one_script() -> str:
    """Our modules as one: a page that was opened from a file may not import others."""
    return re.sub(r"^import .*;$|^export ", "", "\n".join(map(_static, _MODULES)), flags=re.MULTILINE)


def _static(name: str) -> str:
    return (PROJECT / "static" / name).read_text(encoding="utf-8")


def _plotly() -> str:
    return files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
