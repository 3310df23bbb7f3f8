import time

import pytest

from app import attempts
from app.attempts import Attempts

HERE, THERE = "192.168.1.7", "192.168.1.8"


def test_ten_wrong_attempts_at_a_name_in_a_minute_are_enough() -> None:
    door = Attempts()
    for _ in range(10):
        assert door.seconds_to_wait("ana", HERE) == 0
        door.note_wrong("ana", HERE)
    assert 0 < door.seconds_to_wait("ana", HERE) <= 60
    assert door.seconds_to_wait("bea", HERE) == door.seconds_to_wait("ana", THERE) == 0


def test_a_hundred_from_an_address_are_enough_whatever_the_names() -> None:
    door = Attempts()
    for i in range(100):
        assert door.seconds_to_wait("zoe", HERE) == 0
        door.note_wrong(f"student {i}", HERE)
    assert door.seconds_to_wait("zoe", HERE) > 0
    assert door.seconds_to_wait("zoe", THERE) == 0


def test_the_addresses_of_one_network_are_one() -> None:
    door = Attempts()
    for i in range(10):
        door.note_wrong("ana", f"2001:db8:1:2::{i}")
    assert door.seconds_to_wait("ana", "2001:db8:1:2:ffff::1") > 0
    assert door.seconds_to_wait("ana", "2001:db8:1:3::1") == 0
    assert door.seconds_to_wait("ana", "fe80::1%eth0") == 0


def test_names_are_taken_by_the_hour_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    door, now = Attempts(), time.time()
    assert {door.seconds_until_a_name(HERE) for _ in range(300)} == {0}
    assert 0 < door.seconds_until_a_name(HERE) <= 3600
    assert door.seconds_until_a_name(THERE) == 0
    monkeypatch.setattr(attempts.time, "time", lambda: now + 3601)
    assert door.seconds_until_a_name(HERE) == 0


def test_a_minute_later_one_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    door, now = Attempts(), time.time()
    for _ in range(10):
        door.note_wrong("ana", HERE)
    monkeypatch.setattr(attempts.time, "time", lambda: now + 61)
    assert door.seconds_to_wait("ana", HERE) == 0
