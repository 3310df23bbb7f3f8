import io

import pytest
from PIL import Image

from app import link_preview
from app.link_preview import link_preview as draw
from tests.records import make_run

LONG = "Por qué la red de cinco capas no aprende " * 3


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "run",
    [make_run(3), make_run(1), make_run(0), make_run(4, diverges_at=0), make_run(4, diverges_at=2, name="神经网络")],
    ids=["ended", "one snapshot", "none", "never finite", "diverged"],
)
def test_every_run_has_a_picture_of_the_size_that_messengers_take(run) -> None:
    drawn = picture(draw(run))
    assert (drawn.format, drawn.size) == ("PNG", (1200, 630))


def test_each_panel_shows_the_lines_of_its_figure() -> None:
    run = make_run(5, hidden=(6, 5, 4, 3, 3))
    blank = picture(draw(make_run(0, hidden=(6, 5, 4, 3, 3)))).convert("RGB")
    drawn = picture(draw(run)).convert("RGB")
    for left in (56, 335, 614, 893):
        box = (left, 330, left + 250, 580)
        assert len(drawn.convert("RGB").crop(box).getcolors(9_999)) > len(
            blank.convert("RGB").crop(box).getcolors(9_999)
        )


def test_a_long_name_takes_two_lines_and_is_cut() -> None:
    font = link_preview._font(50, 700)
    first, second = link_preview._wrapped(LONG, font, 1600)
    assert LONG.startswith(first)
    cut = link_preview._cut(second, font, 1600)
    assert cut.endswith("…")
    assert font.getlength(cut) <= 1600
    assert link_preview._cut("short", font, 1600) == "short"


def test_a_word_that_is_longer_than_the_line_is_cut_too() -> None:
    assert link_preview._wrapped("x" * 500, link_preview._font(50, 700), 1600) == ["x" * 500]


def test_names_in_letters_that_the_font_lacks_are_not_written_as_boxes() -> None:
    assert link_preview._can_write("Añadir capas: Ω, ж, 5 × 100")
    assert not link_preview._can_write("神经网络")
