"""How often somebody may be wrong at the door, so that nobody finds a password by trying; and how many names may be
taken, so that nobody takes those of all others.

Only wrong attempts count: a class behind one address signs in at once.
"""

import math
import time
from collections.abc import Iterator
from ipaddress import ip_network

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

OF_A_NAME, OF_AN_ADDRESS = RateLimitItemPerMinute(10), RateLimitItemPerMinute(100)
NEW_NAMES = RateLimitItemPerHour(300)  # of an address: more than a course has in its first hour


class Attempts:
    """The wrong ones of the last minute. In memory: there is one web process, and its restart takes longer than a
    guesser gains by it."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, name: str, address: str) -> int:
        """Until another attempt is looked at; 0 for now."""
        return max(self._left(limit, *of_whom) for limit, of_whom in _counted(name, address))

    def note_wrong(self, name: str, address: str) -> None:
        for limit, of_whom in _counted(name, address):
            self._limiter.hit(limit, *of_whom)

    def seconds_until_a_name(self, address: str) -> int:
        """Until another name may be taken; 0 for now, which counts."""
        of_whom = _household(address)
        return 0 if self._limiter.hit(NEW_NAMES, of_whom) else self._left(NEW_NAMES, of_whom)

    def _left(self, limit: RateLimitItem, *of_whom: str) -> int:
        if self._limiter.test(limit, *of_whom):
            return 0
        return max(1, math.ceil(self._limiter.get_window_stats(limit, *of_whom).reset_time - time.time()))


def _household(address: str) -> str:
    """Whoever has an address of IPv6 has as many of its network as they like."""
    try:
        return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address
    except ValueError:
        return address


def _counted(name: str, address: str) -> Iterator[tuple[RateLimitItem, tuple[str, ...]]]:
    household = _household(address)
    yield OF_A_NAME, (household, name)
    yield OF_AN_ADDRESS, (household,)
