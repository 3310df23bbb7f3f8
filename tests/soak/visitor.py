"""Somebody who asks the server, and the notes that everybody's visits go into."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2


@dataclass(frozen=True)
class Launched:
    """A run that was answered 201, and whose it is."""

    run_id: str
    owner: str
    shown: bool


@dataclass
class Notes:
    """`seconds` holds how long answers took, by their kind; `wrong` a line for whatever should not have been."""

    launched: list[Launched] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    trespasses: int = 0

    def of(self, owner: str) -> list[Launched]:
        return [run for run in self.launched if run.owner == owner]

    def of_others(self, owner: str, shown: bool) -> list[Launched]:
        return [run for run in self.launched if run.owner != owner and run.shown == shown]


class Visitor:
    """A browser, or a program, with cookies of its own."""

    def __init__(self, name: str, url: str, notes: Notes, random: Random) -> None:
        self.name, self.notes, self.random = name, notes, random
        self.client = httpx2.AsyncClient(base_url=url, timeout=60)

    async def ask(self, method: str, path: str, *expected: int, kind: str = "data", **request: Any) -> httpx2.Response:
        """The answer, noted; it is wrong where its status is not an expected one (200 where none is named)."""
        began = time.perf_counter()
        answer = await self.client.request(method, path, **request)
        self._note(f"{method} {path}", answer.status_code, expected or (200,), kind, began)
        return answer

    @asynccontextmanager
    async def follow(self, path: str) -> AsyncIterator[AsyncIterator[str]]:
        """The lines of an event stream."""
        began = time.perf_counter()
        async with self.client.stream("GET", path) as answer:
            self._note(f"GET {path}", answer.status_code, (200,), "stream", began)
            yield answer.aiter_lines()

    def _note(self, what: str, status: int, expected: tuple[int, ...], kind: str, began: float) -> None:
        self.notes.seconds[kind].append(time.perf_counter() - began)
        if status not in expected:
            self.complain(f"{what} was answered {status} instead of {' or '.join(map(str, expected))}")

    def complain(self, what: str) -> None:
        self.notes.wrong.append(f"{self.name}: {what}")

    async def page(self, path: str, *expected: int) -> httpx2.Response:
        return await self.ask("GET", path, *expected, kind="page")

    async def sign_in(self, **form: str) -> None:
        await self.ask("POST", "/sign-in", 303, kind="sign-in", data={"name": self.name, **form})

    async def visit(self, stay: Coroutine[Any, Any, None]) -> None:
        """Whatever goes wrong with one visitor is noted, and the others go on."""
        try:
            async with self.client:
                await stay
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            self.complain(repr(error))
