"""Colours that everybody can read and tell apart."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.theme import DARK, LIGHT, PAGE, RUN_COLOURS, Theme, run_dash

Vector = NDArray[np.float64]

# How linear RGB reaches eyes without one kind of cone (Machado, Oliveira & Fernandes, 2009).
EYES = {
    "all": np.eye(3),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
schemes = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def linear(colour: str) -> Vector:
    share = np.array(list(bytes.fromhex(colour[1:]))) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, eyes: str) -> Vector:
    xyz = TO_XYZ @ np.clip(EYES[eyes] @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@schemes
def test_every_layers_colour_can_be_read_as_text_on_the_card(theme: Theme) -> None:
    card = theme.colour(lambda p: p.card)
    colours = [theme.layer(i, depth) for depth in range(1, 11) for i in range(depth + 1)]
    assert min(contrast(colour, card) for colour in colours) >= 4.5


@schemes
def test_every_runs_colour_can_be_read_as_text_on_the_card(theme: Theme) -> None:
    card = theme.colour(lambda p: p.card)
    assert min(contrast(theme.run_colour(i), card) for i in range(RUN_COLOURS)) >= 4.5


@schemes
@pytest.mark.parametrize("eyes", EYES)
def test_the_colour_blind_tell_runs_apart(theme: Theme, eyes: str) -> None:
    places = [lab(theme.run_colour(i), eyes) for i in range(RUN_COLOURS)]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(places, 2)) > 12


def test_a_runs_colour_can_be_pale_and_is_both_schemes_on_the_page() -> None:
    assert LIGHT.run_colour(0, alpha=0.2) == "rgba(9, 81, 168, 0.2)"
    assert PAGE.run_colour(1) == f"light-dark({LIGHT.run_colour(1)},{DARK.run_colour(1)})"


def test_a_ninth_run_begins_the_colours_anew_but_not_the_dashes() -> None:
    assert LIGHT.run_colour(RUN_COLOURS) == LIGHT.run_colour(0)
    assert run_dash(RUN_COLOURS) != run_dash(0)
