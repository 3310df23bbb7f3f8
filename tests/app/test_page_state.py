import pytest

from app.figures import View
from app.page_state import PageState

EVERYTHING = (
    "?step=300&view=ridge&expected=1&overview=gradient&hide=hidden2,output&log=error,loss&linear=activation&smooth=loss"
)


def state(address: str) -> PageState:
    return PageState.of(dict(part.split("=") for part in address.removeprefix("?").split("&") if part))


def test_the_address_says_what_it_was_read_from() -> None:
    assert state(EVERYTHING).address == EVERYTHING
    assert state("").address == "?"


def test_figures_are_drawn_as_the_address_says() -> None:
    chosen = state(EVERYTHING)
    assert chosen.view("loss") == View(log=True, smooth=True, ridge=True, expected=True)
    assert chosen.view("activation").log is False
    assert chosen.view("weight").log is None


@pytest.mark.parametrize(
    "address",
    [
        "step=-1", "step=x", "step=1e3", "step=" + "9" * 20, "view=upside-down", "expected=yes", "hide=<b>,a%20b,&log=",
        "overview=a'b", "zoom=loss", "zoom=loss:1,2,3", "zoom=loss:2,1,,", "zoom=loss:nan,inf,,", "zoom=;;:,,,",
        "rubbish=1",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_passed_over(address: str) -> None:
    found = state(address)
    assert found.address == "?"
    assert not any(found.zoom.values())


def test_a_zoom_names_the_axes_that_were_changed() -> None:
    zoom = state("zoom=loss:0,10,,;bands:hidden1:,,-1.5,2e-1").zoom
    assert zoom == {"loss": {"xaxis": (0, 10)}, "bands:hidden1": {"yaxis": (-1.5, 0.2)}}


def test_a_figure_is_brought_into_sight_at_a_step() -> None:
    assert state("view=ridge").showing("saturation", 40).address == "?step=40&view=ridge&overview=saturated"
    assert state("overview=dead").showing("loss", 0).address == "?step=0&overview=dead"
    assert state("step=20").showing("loss", None).address == "?step=20"


def test_a_switch_pressed_twice_leaves_no_trace() -> None:
    for logarithmic in (True, False):
        other = PageState().with_other_axis("loss", logarithmic)
        assert other.view("loss").log is not logarithmic
        assert other.with_other_axis("loss", not logarithmic) == PageState()
    assert PageState().toggled("hide", "hidden1").toggled("hide", "hidden1") == PageState()
