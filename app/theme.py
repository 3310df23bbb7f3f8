"""The colours and dashes of every figure."""

from collections.abc import Callable
from dataclasses import dataclass

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"

# Colour alone tells layers apart badly, so neighbours differ in their dashes too (lengths in px).
_DASHES = ("solid", "9px,3px", "2px,2px", "9px,3px,2px,3px", "16px,4px")


@dataclass(frozen=True)
class Palette:
    """One scheme's colours as #rrggbb. `layers` run from the input's side to the output's, `saturation` and `gradient`
    from little to much; they are interpolated in between. `nothing` is a cell without a value. Those of `runs` can be
    told apart by the colour-blind too (the hues of Okabe and Ito, 2008, dark or light enough to be read as text)."""

    card: str
    ink: str
    muted: str
    grid: str
    line: str
    alarm: str
    train: str
    validation: str
    nothing: str
    layers: tuple[str, ...]
    runs: tuple[str, ...]
    saturation: tuple[str, ...]
    gradient: tuple[str, ...]


@dataclass(frozen=True)
class Theme:
    """One palette, or a light and a dark one, for which every colour reads `light-dark(light,dark)`.

    A browser understands that in inline SVG; Plotly does not, so the page's script picks one of the two first.
    """

    palettes: tuple[Palette, ...]

    def colour(self, pick: Callable[[Palette], str]) -> str:
        """The colour that `pick` takes out of a palette, such as `theme.colour(lambda p: p.ink)`."""
        colours = [pick(palette) for palette in self.palettes]
        return colours[0] if len(colours) == 1 else f"light-dark({','.join(colours)})"

    def layer(self, index: int, depth: int, alpha: float = 1) -> str:
        """Colour of hidden layer `index` (0 = next to the input) of `depth`; the output layer comes after them."""
        if index >= depth:
            return self.colour(lambda p: _rgba(tuple(bytes.fromhex(p.muted[1:])), alpha))
        position = index / max(1, depth - 1)
        return self.colour(lambda p: _rgba(_between(p.layers, position), alpha))

    def run_colour(self, number: int, alpha: float = 1) -> str:
        """Colour `number` (from 0) of runs that are compared with each other; there are RUN_COLOURS, then they begin
        anew."""
        return self.colour(lambda p: _rgba(tuple(bytes.fromhex(p.runs[number % RUN_COLOURS][1:])), alpha))

    def scale(self, pick: Callable[[Palette], tuple[str, ...]]) -> list[list[float | str]]:
        """Plotly's colour scale through the evenly spaced colours that `pick` takes out of a palette."""
        last = len(pick(self.palettes[0])) - 1
        return [[i / last, self.colour(lambda p, i=i: pick(p)[i])] for i in range(last + 1)]  # type: ignore[misc]


def layer_dash(index: int) -> str:
    """Plotly's dash pattern of layer `index`, counted from the input's side."""
    return _DASHES[index % len(_DASHES)]


def run_dash(position: int) -> str:
    """Plotly's dash pattern of the run at `position` (from 0) in a comparison."""
    return _DASHES[position % len(_DASHES)]


def _between(stops: tuple[str, ...], position: float) -> tuple[int, ...]:
    """Red, green and blue at `position` (0 to 1) along evenly spaced #rrggbb stops."""
    place = position * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    share = place - left
    pairs = zip(bytes.fromhex(stops[left][1:]), bytes.fromhex(stops[left + 1][1:]), strict=True)
    return tuple(round(a + (b - a) * share) for a, b in pairs)


def _rgba(rgb: tuple[int, ...], alpha: float) -> str:
    return f"#{bytes(rgb).hex()}" if alpha == 1 else f"rgba({rgb[0]}, {rgb[1]}, {rgb[2]}, {alpha:g})"


_LIGHT = Palette(
    card="#ffffff", ink="#15181d", muted="#5b6470", grid="#eceef0", line="#c9cdd2", alarm="#b3261e",
    train="#2952cc", validation="#c0541a", nothing="#c9cdd2",
    layers=("#28307f", "#3b6bb5", "#1c8080", "#6c7a1a", "#bb5018"),
    runs=("#0951a8", "#b36200", "#00613f", "#cc4088", "#2d4551", "#8e5624", "#2779ba", "#561072"),
    saturation=("#f4f4f1", "#d58aa4", "#5a1147"),
    gradient=("#0f2a52", "#2f7fb0", "#e9f0c4"),
)  # fmt: skip
_DARK = Palette(
    card="#171b21", ink="#e8eaee", muted="#9ba5b1", grid="#232932", line="#39414c", alarm="#ff9d92",
    train="#8fb0ff", validation="#ff9b61", nothing="#4a5360",
    layers=("#9aa4ff", "#6db4ff", "#4fd0c4", "#c6d35c", "#ff9b61"),
    runs=("#51b3ff", "#f88b26", "#0c9c6b", "#fe9aba", "#fefed6", "#fee00f", "#91f6ff", "#a072ac"),
    saturation=("#1b2028", "#8a3b6b", "#ffc2a8"),
    gradient=("#10233f", "#2b78a8", "#eef5c8"),
)  # fmt: skip

RUN_COLOURS = len(_LIGHT.runs)
LIGHT = Theme((_LIGHT,))
DARK = Theme((_DARK,))
PAGE = Theme((_LIGHT, _DARK))
THEMES = {"light": LIGHT, "dark": DARK, "page": PAGE}
