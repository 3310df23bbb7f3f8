"""Where the ticks of an axis stand and how they read: plotly.js' own rules, for axes with `range` and `nticks`."""

import math
from typing import Any

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Plotly writes a power of ten where the largest number's exponent is beyond this.
_LONGEST_EXPONENT = 3


def ticks(axis: dict[str, Any], decimal_mark: str = ".") -> list[tuple[float, str]]:
    """Values in the axis' own numbers (on a logarithmic axis: of the logarithm) and their texts."""
    if axis["type"] == "log":
        return _log_ticks(axis)
    return [(value, text.replace(".", decimal_mark)) for value, text in _linear_ticks(axis)]


def _linear_ticks(axis: dict[str, Any]) -> list[tuple[float, str]]:
    low, high = axis["range"]
    step = axis.get("dtick") or _round_step((high - low) / axis["nticks"])
    start = axis.get("tick0", 0)
    first, last = math.ceil((low - start) / step - 1e-9), math.floor((high - start) / step + 1e-9)
    exponent = math.floor(math.log10(max(abs(low), abs(high))) + 0.01)
    if abs(exponent) <= _LONGEST_EXPONENT:
        exponent = 0
    return [(start + i * step, _text(start + i * step, step, exponent)) for i in range(first, last + 1)]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step for step in (2 * power, 5 * power, 10 * power, 20 * power) if step > rough * (1 + 1e-9))


def _text(value: float, step: float, exponent: int) -> str:
    if abs(value) < step / 1e6:
        return "0"
    decimals = max(0, exponent - math.floor(math.log10(step) + 0.01))
    digits = f"{value / 10.0**exponent:.{decimals}f}".replace("-", "−")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{digits}×10{_superscript(exponent)}" if exponent else digits


def _log_ticks(axis: dict[str, Any]) -> list[tuple[float, str]]:
    """Texts at powers of ten only; `app.figures.axes` gives a logarithmic axis at least one whole decade."""
    low, high = axis["range"]
    rough = (high - low) / axis["nticks"]
    step = max(1, math.ceil(rough))
    powers = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    between = () if rough > 0.7 else (2, 5) if rough > 0.3 else range(2, 10)
    silent = [place for power in powers for digit in between if (place := power + math.log10(digit)) <= high]
    return [(power, power_of_ten(power)) for power in powers] + [(place, "") for place in silent]


def power_of_ten(exponent: int) -> str:
    """As Plotly writes it."""
    return {0: "1", 1: "10"}.get(exponent, f"10{_superscript(exponent)}")


def _superscript(exponent: int) -> str:
    return str(exponent).translate(_SUPERSCRIPTS)
