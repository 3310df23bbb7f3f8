"""Event loops for tests: a browser test before may have left one running in this thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """In a loop of its own, whatever this thread's loop is busy with."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
