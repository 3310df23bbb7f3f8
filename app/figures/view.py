"""What a reader may choose to see of a figure."""

from dataclasses import dataclass
from typing import Literal

Option = Literal["log", "smooth", "ridge", "expected"]


@dataclass(frozen=True)
class View:
    """`log`: a logarithmic axis, None for the figure's own choice. `smooth`: moving averages besides the raw lines.
    `ridge`: a row for each layer. `expected`: what theory says of step 0 besides what was measured there."""

    log: bool | None = None
    smooth: bool = False
    ridge: bool = False
    expected: bool = False
