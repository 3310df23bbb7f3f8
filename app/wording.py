"""How a run is told in words: one line, a table, durations."""

import math
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from app import i18n
from app.forms import CHOICES, GROUPS, LABELS, USED_BY, as_text
from app.i18n import gettext as _
from app.i18n import ngettext, number
from app.ticks import power_of_ten
from ml.catalog import LOSSES
from ml.problems import Problem
from ml.sizes import PIECES
from ml.spec import RunSpec, each
from ml.words import words

STATUSES = {
    "queued": words("queued"),
    "running": words("running"),
    "finished": words("finished"),
    "failed": words("failed"),
    "cancelled": words("cancelled"),
}


def status(name: str) -> str:
    """A run's status as it stands alone."""
    return sentence(_(STATUSES[name]))


def summary(spec: RunSpec) -> str:
    """One line that tells runs apart."""
    parts = [
        spec.dataset,
        _widths(spec),
        each(spec.activation),
        each(spec.init),
        f"{spec.optimizer} {number(spec.lr, 'g')}",
        _("batch {size}", size=spec.batch_size),
    ]
    return " · ".join([*parts, *_regularisation(spec), _("seed {seed}", seed=spec.seed)])


def _regularisation(spec: RunSpec) -> Iterator[str]:
    """What is only told where the run has it."""
    if spec.batch_norm != "none":
        yield _("batch norm before") if spec.batch_norm == "before" else _("batch norm after")
    if spec.dropout:
        yield _("dropout {share:g}", share=spec.dropout)
    if spec.input_dropout:
        yield _("input dropout {share:g}", share=spec.input_dropout)
    if spec.max_norm:
        yield _("max-norm {limit:g}", limit=spec.max_norm)
    if spec.weight_decay:
        yield _("decay {factor:g}", factor=spec.weight_decay)
    if spec.loss != "cross_entropy":
        yield _("{kind} loss", kind=_(LOSSES[spec.loss].label))
    if spec.clip == "norm":
        yield _("clip norm {limit:g}", limit=spec.clip_limit)
    if spec.clip == "value":
        yield _("clip value {limit:g}", limit=spec.clip_limit)
    if count := len(spec.transferred_layers):
        yield _transferred(count, bool(spec.frozen_layers))


def _transferred(count: int, frozen: bool) -> str:
    if frozen:
        return ngettext("{count} layer frozen", "{count} layers frozen", count)
    return ngettext("{count} layer transferred", "{count} layers transferred", count)


def _widths(spec: RunSpec) -> str:
    """`300-100`, or `5 × 100` for layers of one width."""
    widths = spec.hidden
    dense = f"{len(widths)} × {widths[0]}" if len(widths) > 1 and len(set(widths)) == 1 else "-".join(map(str, widths))
    return f"cnn {'-'.join(map(str, spec.conv_channels))}, {dense}".rstrip(", ") if spec.conv_channels else dense


def table(spec: RunSpec) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every setting that the run read: [(group, [(label, value)])]."""
    rows = [
        (_(title), [(_(LABELS[name]), _value(spec, name)) for name in names if _read(spec, name)])
        for title, names in GROUPS.items()
    ]
    rows[1][1].append((_("Parameters"), number(spec.parameters, ",")))
    return rows


def _read(spec: RunSpec, name: str) -> bool:
    return name not in USED_BY or USED_BY[name].reads(spec)


def _value(spec: RunSpec, name: str) -> str:
    used = _used(spec, name)
    if name in CHOICES:
        return "; ".join(_chosen(CHOICES[name][choice]) for choice in as_text(used).split(", "))
    if isinstance(used, float):
        return number(used, ".10g")
    return as_text(used) or _("all")


def _chosen(entry: Any) -> str:
    formula = getattr(entry, "formula", "")
    return f"{_(entry.label)}, {_(formula)}" if formula else _(entry.label)


def _used(spec: RunSpec, name: str) -> object:
    """The setting, or what null stands for."""
    if name == "hidden":
        return _widths(spec)
    value = getattr(spec, name)
    return value if value is not None else _stands_for(spec).get(name)


def _stands_for(spec: RunSpec) -> dict[str, object]:
    """What null means in this run, by field."""
    return {
        "steps_per_epoch": spec.steps_in_epoch,
        "snapshot_every": spec.snapshot_interval,
        "init_std": 1.0,
        "channels": spec.conv_channels,
        "alpha": next((a.alpha for a in spec.activations if a.alpha is not None), None),
        "pieces": PIECES,
        "clip_at": spec.clip_limit,
        "max_norm": _("off"),
        "transfer_from": _("none"),
        "transfer_layers": len(spec.transferred_layers),
        "transfer_freeze": False,
        "mc_passes": _("none"),
        **spec.optimizer_constants,
    }


def changes(before: RunSpec, after: RunSpec) -> list[tuple[str, str, str]]:
    """What one does to the settings of a run to get another one: [(label, old value, new value)], the old one empty
    where the run does not read it."""
    names = (name for group in GROUPS.values() for name in group if _read(after, name))
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return [(_(LABELS[name]), _short(before, name), _short(after, name)) for name in changed]


def _short(spec: RunSpec, name: str) -> str:
    """As _value, without formulas."""
    if not _read(spec, name):
        return ""
    if name not in CHOICES:
        return _value(spec, name)
    return "; ".join(_(CHOICES[name][choice].label) for choice in as_text(getattr(spec, name)).split(", "))


def layers(names: Sequence[str]) -> str:
    """`layers 1, 4–7`, `layer 2 and the output layer`."""
    hidden = [int(name.removeprefix("hidden")) for name in names if name != "output"]
    if len(hidden) == len(names):
        return layer_numbers(hidden) if hidden else ""
    return _("{layers} and the output layer", layers=layer_numbers(hidden)) if hidden else _("the output layer")


def layer_numbers(numbers: Sequence[int]) -> str:
    """`layer 3`, `layers 1, 4–7`."""
    runs = [[n for _i, n in run] for _key, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    names = ", ".join(f"{run[0]}\N{EN DASH}{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return ngettext("layer {names}", "layers {names}", len(numbers), names=names)


def amount(value: float) -> str:
    """A number of any size in three digits: `0.032`, `2,740`, `4.26×10⁻⁴`."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    exponent = math.floor(math.log10(abs(value))) if value else 0
    if -4 < exponent < 6:
        return number(float(f"{value:.3g}"), ",.10g").replace("-", "−")
    digits = number(value / 10.0**exponent, ".3g")
    return (power_of_ten(exponent) if digits == "1" else f"{digits}×{power_of_ten(exponent)}").replace("-", "−")


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 10:
        return f"{number(seconds, '.1f')} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(moment: float) -> str:
    """How long ago a time in seconds since 1970 was."""
    return i18n.ago(max(0.0, time.time() - moment))


def iso(moment: float) -> str:
    """A time in seconds since 1970 as people and machines read it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def told(problem: Problem) -> str:
    """A problem as one sentence."""
    return _("{field}: {message}; {fix}", field=problem.field, message=problem.message, fix=problem.fix)


def sentence(text: str) -> str:
    """With a capital, but for Greek and single letters, which are names."""
    first = text.split(" ")[0]
    is_name = "α" <= first[:1] <= "ω" or (len(first) == 1 and first not in _SINGLE_LETTER_WORDS)
    return text if is_name else text[:1].upper() + text[1:]


_SINGLE_LETTER_WORDS = ("a", "o", "y")
