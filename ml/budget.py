"""How much work a run is, counted from its settings before anything is made of them, and which setting makes one fit
that is too much.

Work is parameters x examples of a batch x steps; the parameters of a convolution count as often as they are used, once
at each position of the image. Training does about six multiplications for each.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ml.problems import Problem
from ml.sizes import conv_channels, layer_shapes, steps_in_one_pass
from ml.spec import RunSpec
from ml.words import Words, words

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def work(spec: RunSpec) -> float:
    """0 for a run without a step."""
    return _work(spec.__dict__)


def too_much(spec: RunSpec, limit: float, name: str) -> Problem | None:
    """What is wrong with a run of more work than `limit`, a setting called `name`: the first field that makes it fit by
    itself, with a value that does. None for a run that fits."""
    total = work(spec)
    if total <= limit:
        return None
    said = words(
        "parameters × batch × steps are {work}, and {name} allows {limit}",
        work=power(total), name=name, limit=power(limit),
    )  # fmt: skip
    for field, value in _changes(spec.__dict__, limit):
        if _work({**spec.__dict__, field: value}) <= limit:
            return Problem(field, said, _fix(value))
    return Problem("epochs", said, words("fewer epochs and steps, and a smaller network"))


def power(value: float) -> Words:
    """`10¹⁵`, `3.2×10¹²`: two digits."""
    digits, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(_SUPERSCRIPTS)
    if float(digits) == 1:
        return words("10{exponent}", exponent=raised)
    return words("{digits:g}×10{exponent}", digits=float(digits), exponent=raised)


def _work(fields: Mapping[str, Any]) -> float:
    used = sum(shape.parameters * shape.positions for shape in layer_shapes(fields))
    return float(used * fields["batch_size"] * fields["epochs"] * _steps_in_epoch(fields))


def _steps_in_epoch(fields: Mapping[str, Any]) -> int:
    steps: int = fields["steps_per_epoch"] or steps_in_one_pass(fields)
    return steps


def _changes(fields: Mapping[str, Any], limit: float) -> Iterator[tuple[str, Any]]:
    """Less training before a smaller network: that is another one."""
    share = limit / _work(fields)
    for field, value in (("epochs", fields["epochs"]), ("steps_per_epoch", _steps_in_epoch(fields))):
        if fewer := int(value * share):
            yield field, fewer
    for field, widths in (("hidden", fields["hidden"]), ("channels", conv_channels(fields))):
        for halvings in range(1, 13):
            yield field, tuple(max(1, width >> halvings) for width in widths)


def _fix(value: int | tuple[int, ...]) -> Words:
    if isinstance(value, int):
        return words("at most {limit}", limit=value)
    return words("for example {value}", value=", ".join(map(str, value)))
