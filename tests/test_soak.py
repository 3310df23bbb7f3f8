"""A small class for some seconds; `make soak` has thirty students for five minutes."""

from pathlib import Path

from tests.soak.__main__ import Plan, soak, verdict


def test_a_class_finds_everything_in_order_and_nobody_gets_at_what_is_not_theirs(tmp_path: Path) -> None:
    report = soak(tmp_path, Plan(students=5, seconds=8, seed=5, pause=0.3))
    assert list(verdict(report)) == []
    assert len(report.notes.launched) >= 5
    assert report.notes.trespasses > 0
