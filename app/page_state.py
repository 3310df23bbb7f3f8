"""What the address of a run's page says of what is on the screen, so that a link shows exactly what its sender saw.

`?step=300&view=ridge&overview=gradient&hide=hidden2,output&log=loss&zoom=loss:0,10,0.1,2`. What makes no sense there is
passed over: a link that has been cut short still opens. `static/state.js` writes the same addresses.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from fastapi import Request

from app.figures import View
from app.forms import whole_number

# The whole run in one picture: what it may show, by the word for it in the address and on its switch.
OVERVIEWS = {"saturated": "saturation", "gradient": "gradient_overview", "dead": "dead_overview"}

_Ends = tuple[float, float]
_AXES = ("xaxis", "yaxis")
_NAME = re.compile(r"\w{1,60}", re.ASCII)


@dataclass(frozen=True)
class PageState:
    """`step` is None for the latest snapshot. The sets hold names of layers (`hide`) or of figures; `log` and `linear`
    name those with another axis than they have by themselves. `zoom` has, by a figure's key, the ranges of its zoomed
    axes (logarithms on a logarithmic one)."""

    step: int | None = None
    ridge: bool = False
    expected: bool = False
    overview: str = ""
    hide: frozenset[str] = frozenset()
    log: frozenset[str] = frozenset()
    linear: frozenset[str] = frozenset()
    smooth: frozenset[str] = frozenset()
    zoom: Mapping[str, Mapping[str, _Ends]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        sets = {name: frozenset(filter(_NAME.fullmatch, query.get(name, "").split(","))) for name in _SETS}
        return cls(
            step=whole_number(query.get("step", "")),
            ridge=query.get("view") == "ridge",
            expected=query.get("expected") == "1",
            overview=found if _NAME.fullmatch(found := query.get("overview", "")) else "",
            zoom=dict(_zooms(query.get("zoom", ""))),
            **sets,
        )

    def view(self, name: str) -> View:
        """How the figure of this name is drawn."""
        log = True if name in self.log else False if name in self.linear else None
        return View(log=log, smooth=name in self.smooth, ridge=self.ridge, expected=self.expected)

    @property
    def address(self) -> str:
        """The query string, with a question mark; a lone one where everything is as usual."""
        parts = {
            "step": "" if self.step is None else str(self.step),
            "view": "ridge" if self.ridge else "",
            "expected": "1" if self.expected else "",
            "overview": self.overview,
            **{name: ",".join(sorted(getattr(self, name))) for name in _SETS},
        }
        return "?" + "&".join(f"{name}={value}" for name, value in parts.items() if value)

    def showing(self, figure: str, step: int | None) -> Self:
        """With this figure in sight, and the snapshot at this step where there is one."""
        word = next((word for word, name in OVERVIEWS.items() if name == figure), self.overview)
        return replace(self, overview=word, step=self.step if step is None else step)

    def at(self, step: int) -> Self:
        """With the snapshot at this step."""
        return replace(self, step=step)

    def toggled(self, name: str, value: str) -> Self:
        """With `value` put into the set of this name, or taken out of it."""
        return replace(self, **{name: getattr(self, name) ^ {value}})

    def with_other_axis(self, name: str, logarithmic: bool) -> Self:
        """With the figure's vertical axis, which is `logarithmic` now, the other way: as it is by itself where that has
        been changed."""
        if name in self.log | self.linear:
            return replace(self, log=self.log - {name}, linear=self.linear - {name})
        return self.toggled("linear" if logarithmic else "log", name)


_SETS = ("hide", "log", "linear", "smooth")


def page_state(request: Request) -> PageState:
    """The state that a request asks for."""
    return PageState.of(request.query_params)


def _zooms(text: str) -> Iterator[tuple[str, dict[str, _Ends]]]:
    """`loss:0,10,,;error:0,10,0.1,2`: the ends of the horizontal and of the vertical axis; empty: not zoomed."""
    for part in text.split(";"):
        key, _, ends = part.rpartition(":")
        numbers = ends.split(",")
        if key and len(numbers) == 4:
            pairs = zip(_AXES, (_ends(*numbers[:2]), _ends(*numbers[2:])), strict=True)
            yield key, {axis: pair for axis, pair in pairs if pair}


def _ends(low: str, high: str) -> _Ends | None:
    try:
        ends = float(low), float(high)
    except ValueError:
        return None
    return ends if all(map(math.isfinite, ends)) and ends[0] < ends[1] else None
