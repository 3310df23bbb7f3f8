"""A run as one HTML file that needs no server and no network: the way to share when no server stays up."""

import re
from importlib.resources import files

import orjson
from jinja2 import Environment
from markupsafe import Markup

from app.figures import FIGURES, PAGE
from app.run_view import run_view
from app.settings import PROJECT
from ml.records import RunRecord

# Each snapshot takes some 10 KB a layer; of a longer run every so many are kept, and the last.
MOST_SNAPSHOTS = 200
MODULES = ("plotly.js", "board.js", "slider.js", "offline.js")


def page(templates: Environment, run: RunRecord) -> str:
    """The whole document, with every figure of every snapshot (of at most about MOST_SNAPSHOTS)."""
    steps = _thinned(run)
    context = run_view(run) | {
        "steps": [snapshot.step for snapshot in steps],
        "epochs": [snapshot.epoch for snapshot in steps],
        "left_out": len(run.snapshots) - len(steps),
        "css": Markup((PROJECT / "static" / "layerscope.css").read_text()),
        "logo": Markup((PROJECT / "static" / "logo.svg").read_text()),
        "plotly": Markup(files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")),
        "script": Markup(_one_script()),
        "figures": _json(_figures(run, [snapshot.step for snapshot in steps])),
    }
    return templates.get_template("offline.html").render(context)
