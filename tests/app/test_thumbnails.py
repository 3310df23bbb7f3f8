import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from app.i18n import speaking
from app.thumbnails import thumbnail
from tests.records import make_run


def drawn(run) -> str:
    return thumbnail(run).decode()


def rows(svg: str) -> list[list[float]]:
    """Of each layer, the tones of its cells."""
    tracks = re.split(r'<path d="M134\.0 [^"]*" fill="light-dark', svg)[1:] or re.split(r'<path d="M134 ', svg)[1:]
    return [[float(tone) for tone in re.findall(r'fill-opacity="([\d.]+)"', track)] for track in tracks]


@pytest.mark.parametrize("snapshots", [0, 1, 3, 200])
def test_it_is_well_formed_and_small(snapshots: int) -> None:
    svg = drawn(make_run(snapshots, hidden=(6,) * 8))
    assert ET.fromstring(svg).attrib["viewBox"] == "0 0 200 72"
    assert len(svg) < 5_000


def test_it_has_words_for_those_who_cannot_see_it() -> None:
    svg = drawn(make_run(3))
    assert "of the answers are wrong" in ET.fromstring(svg).attrib["aria-label"]
    with speaking("es"):
        assert "de las respuestas" in ET.fromstring(drawn(make_run(3))).attrib["aria-label"]


def test_a_layer_that_gets_less_gradient_is_paler() -> None:
    first, *_, last = rows(drawn(make_run(2, hidden=(6,) * 8)))
    assert min(last) == 1
    assert max(first) < 1


def test_the_curve_ends_where_the_run_has_got_to() -> None:
    whole, half = make_run(3), make_run(3, epochs=4)

    def end(run) -> float:
        return float(re.search(r'L([\d.]+) [\d.]+" fill="none"', drawn(run))[1])

    assert end(whole) == pytest.approx(124)
    assert end(half) == pytest.approx(62.5)


def test_a_run_that_diverged_is_cut_where_it_did() -> None:
    svg = drawn(make_run(4, diverges_at=2))
    assert "nan" not in svg
    assert ET.fromstring(svg) is not None


def test_it_wears_the_run_s_own_colour() -> None:
    run = make_run(2)
    assert drawn(replace(run, colour=1)) != drawn(replace(run, colour=2))
