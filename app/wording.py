"""How a run is told in words: one line, a table, durations."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from app.figures import diverged_at
from app.forms import CHOICES, GROUPS, LABELS, USED_BY, as_text
from ml.records import RunRecord
from ml.sizes import PIECES
from ml.spec import RunSpec, each


def summary(spec: RunSpec) -> str:
    """One line that tells runs apart."""
    parts = [
        spec.dataset,
        _widths(spec),
        each(spec.activation),
        each(spec.init),
        f"{spec.optimizer} {spec.lr:g}",
        f"batch {spec.batch_size}",
    ]
    return " · ".join([*parts, *_regularisation(spec), f"seed {spec.seed}"])


def _regularisation(spec: RunSpec) -> Iterator[str]:
    """What is only told where the run has it."""
    if spec.batch_norm != "none":
        yield f"batch norm {spec.batch_norm}"
    amounts = {
        "dropout": spec.dropout, "input dropout": spec.input_dropout, "max-norm": spec.max_norm,
        "decay": spec.weight_decay,
    }  # fmt: skip
    for name, value in amounts.items():
        if value:
            yield f"{name} {value:g}"
    if spec.loss != "cross_entropy":
        yield f"{spec.loss} loss"
    if spec.clip != "none":
        yield f"clip {spec.clip} {spec.clip_limit:g}"
    if spec.transfer_from:
        count = len(spec.transferred_layers)
        yield f"{count} layer{'s' if count > 1 else ''} {'frozen' if spec.frozen_layers else 'transferred'}"


def _widths(spec: RunSpec) -> str:
    """`300-100`, or `5 × 100` for layers of one width."""
    widths = spec.hidden
    dense = f"{len(widths)} × {widths[0]}" if len(widths) > 1 and len(set(widths)) == 1 else "-".join(map(str, widths))
    return f"cnn {'-'.join(map(str, spec.conv_channels))}, {dense}".rstrip(", ") if spec.conv_channels else dense


def table(spec: RunSpec) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every setting that the run read: [(group, [(label, value)])]."""
    rows = [
        (title, [(LABELS[name], _value(spec, name)) for name in names if _read(spec, name)])
        for title, names in GROUPS.items()
    ]
    rows[1][1].append(("Parameters", f"{spec.parameters:,}"))
    return rows


def _read(spec: RunSpec, name: str) -> bool:
    return name not in USED_BY or USED_BY[name].reads(spec)


def _value(spec: RunSpec, name: str) -> str:
    value = as_text(_used(spec, name))
    if name not in CHOICES:
        return value or "all"
    entries = [CHOICES[name][choice] for choice in value.split(", ")]
    return "; ".join(
        f"{entry.label}, {entry.formula}" if getattr(entry, "formula", "") else entry.label for entry in entries
    )


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
        "max_norm": "off",
        "transfer_from": "none",
        "transfer_layers": len(spec.transferred_layers),
        "transfer_freeze": False,
        "mc_passes": "none",
        **spec.optimizer_constants,
    }


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
    """With a capital, but for Greek and single letters, which are names."""
    first = text.split(" ")[0]
    is_name = not first.isascii() or (len(first) == 1 and first != "a")
    return text if is_name else text[:1].upper() + text[1:]
