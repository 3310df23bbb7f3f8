"""How a run is told in words: one line, a table, durations."""

import time
from datetime import UTC, datetime

from app.figures import diverged_at
from app.forms import CHOICES, GROUPS, LABELS, USED_BY, as_text
from ml.records import RunRecord
from ml.spec import RunSpec


def summary(spec: RunSpec) -> str:
    """One line that tells runs apart."""
    parts = [
        spec.dataset,
        _widths(spec),
        spec.activation,
        spec.init,
        f"{spec.optimizer} {spec.lr:g}",
        f"batch {spec.batch_size}",
    ]
    return " · ".join([*parts, *([f"dropout {spec.dropout:g}"] if spec.dropout else []), f"seed {spec.seed}"])


def _widths(spec: RunSpec) -> str:
    """`300-100`, or `5 × 100` for layers of one width."""
    depth, first = len(spec.hidden), spec.hidden[0]
    return f"{depth} × {first}" if depth > 1 and set(spec.hidden) == {first} else "-".join(map(str, spec.hidden))


def table(spec: RunSpec) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every setting that the run read: [(group, [(label, value)])]."""
    rows = [
        (title, [(LABELS[name], _value(spec, name)) for name in names if _read(spec, name)])
        for title, names in GROUPS.items()
    ]
    rows[1][1].append(("Parameters", f"{spec.parameters:,}"))
    return rows


def _read(spec: RunSpec, name: str) -> bool:
    field, choices = USED_BY.get(name, ("", ()))
    return not field or getattr(spec, field) in choices


def _value(spec: RunSpec, name: str) -> str:
    value = as_text(_used(spec, name))
    if name in CHOICES:
        entry = CHOICES[name][value]
        return f"{entry.label}, {entry.formula}" if hasattr(entry, "formula") else entry.label
    return value or "all"


def _used(spec: RunSpec, name: str) -> object:
    """The setting, or what null stands for."""
    if name == "hidden":
        return _widths(spec)
    if name == "alpha":
        return spec.activation_alpha
    if name in spec.optimizer_constants:
        return spec.optimizer_constants[name]
    stands_for = {"steps_per_epoch": spec.steps_in_epoch, "snapshot_every": spec.snapshot_interval, "init_std": 1.0}
    value = getattr(spec, name)
    return stands_for.get(name) if value is None else value


def divergence(run: RunRecord) -> str:
    """A sentence about when the numbers stopped being finite; empty for a run that did not diverge."""
    first = diverged_at(run)
    if first is None:
        return ""
    hit = [x.layer for x in first.layers if any(s.nonfinite for s in x.signals.values())]
    layers = f" in {len(hit)} of {len(first.layers)} layers" if hit else ""
    when = f"From epoch {first.epoch:.4g} (step {first.step:,}) on"
    what = f"values{layers} or the loss are infinite or not a number"
    return f"{when}, {what}. A smaller learning rate (now {run.spec.lr:g}) is the first thing to try."


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(moment: float) -> str:
    """How long ago a time in seconds since 1970 was."""
    seconds = max(0.0, time.time() - moment)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def iso(moment: float) -> str:
    """A time in seconds since 1970 as people and machines read it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def sentence(text: str) -> str:
    """With a capital, but for Greek letters, which are names."""
    return text[:1].upper() + text[1:] if text[:1].isascii() else text
