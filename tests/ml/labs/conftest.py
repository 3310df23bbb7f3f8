"""What every lab's verdict is asked, whatever it measures."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from ml.labs import LABS, Runs, judge


@pytest.fixture
def check_verdicts() -> Callable[[str, Runs, Runs], None]:
    """Confirmed on made-up runs that bear a lab out, not confirmed on others, undecided on one of each or before the
    last run has finished."""

    def check(name: str, right: Runs, wrong: Runs) -> None:
        lab = LABS[name]
        assert judge(lab, {0: right, 1: right}).word == "confirmed", judge(lab, {0: right}).readings
        assert judge(lab, {0: wrong, 1: wrong}).word == "not_confirmed", judge(lab, {0: wrong}).readings
        assert judge(lab, {0: right, 1: wrong}).word == "undecided"
        assert judge(lab, {0: _unfinished(right)}).word == "undecided"

    return check


def _unfinished(runs: Runs) -> Mapping[str, object]:
    last = list(runs)[-1]
    return {**runs, last: replace(runs[last], status="running")}
