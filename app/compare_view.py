"""What the page that compares runs shows."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
from markupsafe import Markup

from app import svg, wording
from app.examples import BY_SLUG
from app.figures import PAGE
from app.figures.compare import COMPARISONS, LETTERS, MOST_RUNS, Group, Moment, View, draw, groups, layers_of
from app.i18n import gettext as _
from app.i18n import is_number, number, percent
from app.models import ACTIVE
from app.theme import run_dash
from ml.records import RunRecord
from ml.rules import diagnose

CURVES = ("val_error", "val_loss", "train_error", "train_loss")
NOTHING = "–"
SIGNALS = {
    "activation": "Activations", "backprop_gradient": "Back-propagated gradients",
    "weight_gradient": "Weight gradients", "weight": "Weights",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The state of the page, as it stands in the address."""

    x: str = "epoch"
    group: bool = True
    signal: str = "activation"
    layer: str = ""
    at: int = 100
    same: bool = False

    @property
    def view(self) -> View:
        return View(self.x, self.group, self.signal, Moment(self.at / 100, self.same))

    def query(self, ends: Sequence[str]) -> dict[str, str]:
        """Only what differs from the default, so that addresses are short."""
        changed = {x.name: getattr(self, x.name) for x in fields(self) if getattr(self, x.name) != x.default}
        texts = {name: str(int(x) if isinstance(x, bool) else x) for name, x in changed.items()}
        return {"runs": ".".join(ends)} | texts

    def address(self, ends: Sequence[str], **changes: Any) -> str:
        """Of the page with these runs, and with some of the state changed."""
        return f"/compare?{urlencode(replace(self, **changes).query(ends))}"


@dataclass(frozen=True)
class Compared:
    """A run at its place. `without` is the address of the page without it."""

    run: RunRecord
    letter: str
    name: str
    colour: str
    dashes: str
    page: str
    without: str


@dataclass(frozen=True)
class Drawing:
    """A figure's place on the page; `query` is what its JSON is asked with."""

    name: str
    title: str
    query: str
    height: int
    picture: Markup


@dataclass(frozen=True)
class Row:
    """One line of a table: a text for each run, and which of them are the best."""

    label: str
    texts: list[str]
    best: tuple[bool, ...] = ()


def compare_view(runs: Sequence[RunRecord], ends: Sequence[str], asked: Asked) -> dict[str, Any]:
    """The template's variables; only those of the head while there are fewer than two runs."""
    compared = [_compared(run, place, ends, asked) for place, run in enumerate(runs)]
    head = {
        "runs": compared, "asked": asked, "ends": ends, "most": MOST_RUNS, "query": asked.query(ends),
        "link": lambda **changes: asked.address(ends, **changes),
    }  # fmt: skip
    return head | (_body(runs, compared, ends, asked) if len(runs) > 1 else {})


def _body(runs: Sequence[RunRecord], compared: list[Compared], ends: Sequence[str], asked: Asked) -> dict[str, Any]:
    rows = list(_settings(runs))
    layers = layers_of(runs, asked.signal)
    shown = [(name, label) for name, label in layers if asked.layer in ("", name)] or layers
    seeds = [group for group in groups(runs, together=True) if len(group.runs) > 1]

    def drawing(name: str, title: str, **more: Any) -> Drawing:
        drawn = draw(name, runs, PAGE, asked.view, **more)
        query = urlencode(replace(asked, layer="").query(ends) | more)
        return Drawing(name, title, query, drawn["layout"]["height"], Markup(svg.render(drawn, title)))

    return {
        "active": any(run.status in ACTIVE for run in runs),
        "different": [row for row in rows if len(set(row.texts)) > 1],
        "equal": [row for row in rows if len(set(row.texts)) == 1],
        "numbers": list(_numbers(runs)),
        "seeds": [(group.letter, _letters(group, runs), list(_over_seeds(group))) for group in seeds],
        "curves": [drawing(name, _(COMPARISONS[name].title)) for name in CURVES],
        "signals": {name: _(title) for name, title in SIGNALS.items()},
        "layers": layers,
        "histograms": [drawing("histograms", label, layer=name) for name, label in shown],
        "flows": [drawing("gradient_flow", f"{x.letter} · {x.name}", place=i) for i, x in enumerate(compared)],
        "maps": [drawing("saturation", f"{x.letter} · {x.name}", place=i) for i, x in enumerate(compared)],
    }


def _compared(run: RunRecord, place: int, ends: Sequence[str], asked: Asked) -> Compared:
    example = run.id in BY_SLUG
    dash = run_dash(place)
    return Compared(
        run, LETTERS[place], _(run.spec.title) if example else run.spec.title, PAGE.run_colour(run.colour),
        "" if dash == "solid" else dash.replace("px", ""), f"/{'examples' if example else 'runs'}/{run.id}",
        asked.address([end for end in ends if end != ends[place]]),
    )  # fmt: skip


def _settings(runs: Sequence[RunRecord]) -> Iterator[Row]:
    """Every setting that one of the runs read."""
    told = [{label: text for _group, rows in wording.table(run.spec) for label, text in rows} for run in runs]
    for label in dict.fromkeys(label for table in told for label in table):
        yield Row(label, [table.get(label, NOTHING) for table in told])


# --- numbers ---


def _numbers(runs: Sequence[RunRecord]) -> Iterator[Row]:
    """What the runs came to, by their latest snapshot."""
    yield Row(_("Diagnosis"), [_diagnosed(run) for run in runs])
    for metric, label in _METRICS.items():
        yield _row(_(label), [_last(run, metric) for run in runs], _written(metric), least=True)
    bests = [_best(run) for run in runs]
    yield _row(_("Lowest validation error"), [error for error, _epoch in bests], percent, least=True)
    yield _row(_("… at epoch"), [epoch for _error, epoch in bests], lambda x: number(x, ".4g"))
    yield _row(_("Saturated or inactive units of the worst layer"), [_saturated(run) for run in runs], percent)
    yield _row(_("Gradient at layer 1 / at the last hidden layer"), [_ratio(run) for run in runs], _significant)
    yield _row(_("Time"), [_seconds(run) for run in runs], wording.duration)
    yield _row(_("Parameters"), [run.spec.parameters for run in runs], lambda x: number(x, ",.0f"))


def _diagnosed(run: RunRecord) -> str:
    if not run.snapshots:
        return NOTHING
    return ", ".join(_(finding.rule.title) for finding in diagnose(run)) or _("nothing wrong found")


_METRICS = {
    "val_error": "Validation error", "val_loss": "Validation loss", "train_error": "Training error",
    "train_loss": "Training loss",
}  # fmt: skip


def _row(label: str, values: Sequence[float], written: Callable[[float], str], least: bool = False) -> Row:
    """`least`: the smallest is the best, unless all are."""
    there = [value for value in values if is_number(value)]
    best = min(there, default=math.nan) if least and len(set(there)) > 1 else math.nan
    return Row(
        label, [written(v) if is_number(v) else NOTHING for v in values], tuple(value == best for value in values)
    )


def _written(metric: str) -> Callable[[float], str]:
    return percent if metric.endswith("error") else _significant


def _significant(value: float) -> str:
    return number(value, ".3g")


def _last(run: RunRecord, metric: str) -> float:
    return run.metric(metric)[-1] if run.snapshots else math.nan


def _best(run: RunRecord) -> tuple[float, float]:
    """The lowest validation error, and the epoch that had it first."""
    errors = zip(run.metric("val_error"), run.epochs, strict=True)
    return min((both for both in errors if is_number(both[0])), default=(math.nan, math.nan))


def _saturated(run: RunRecord) -> float:
    shares = run.health("saturated")[-1:]
    return float(np.nanmax(shares)) if np.isfinite(shares).any() else math.nan


def _ratio(run: RunRecord) -> float:
    std = run.statistic("backprop_gradient", "std")
    if not run.snapshots or run.spec.depth < 2 or not std[-1, -1]:
        return math.nan
    return float(std[-1, 0] / std[-1, -1])


def _seconds(run: RunRecord) -> float:
    return run.finished - run.started if run.finished and run.started else math.nan


# --- groups of seeds ---


def _letters(group: Group, runs: Sequence[RunRecord]) -> str:
    return ", ".join(letter for letter, run in zip(LETTERS, runs, strict=False) if run in group.runs)


def _over_seeds(group: Group) -> Iterator[Row]:
    for metric, label in _METRICS.items():
        values = np.array([_last(run, metric) for run in group.runs])
        mean, std = float(values.mean()), float(values.std(ddof=1))
        written = _written(metric)
        yield Row(_(label), [f"{written(mean)} ± {written(std)}" if is_number(mean) else NOTHING])
