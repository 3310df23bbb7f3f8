"""A short storm; `make chaos` has the long ones."""

from pathlib import Path

from tests.chaos.__main__ import survive
from tests.chaos.storm import VICTIMS


def test_ten_kills_change_nothing_but_the_time(tmp_path: Path) -> None:
    report, wrong = survive(tmp_path, kills=10, seed=3, workers=2)
    assert wrong == []
    assert all(report.kills[victim] for victim in VICTIMS)
    assert report.attempts > len(report.launched)  # for what was struck was at work
