"""What was asked of this web process: how often, how it was answered and how long that took, by route.

Kept as bare numbers: every request comes by here, and the library that writes metrics is imported by who asks for them.
"""

import re
import time
from bisect import bisect_left
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs

# Upper ends, in seconds, of the classes that durations are counted in.
BOUNDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
OTHER = "other"  # files, and what does not exist
METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
_RUN = re.compile(r"/runs/(?P<id>[0-9a-f]{20})\b")


@dataclass
class Answers:
    """`within` counts those that took up to each of BOUNDS, and at last those that took longer."""

    seconds: float = 0.0
    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def add(self, seconds: float) -> None:
        self.seconds += seconds
        self.within[bisect_left(BOUNDS, seconds)] += 1


class Traffic:
    """Counts answers by (route, method, status). Also tells the log which run a request is about."""

    def __init__(self, app: ASGIApp, answers: dict[tuple[str, str, int], Answers]) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = _RUN.search(scope["path"])
        logs.begin(named and named["id"])
        await self._app(scope, receive, self._counted(scope, send))

    def _counted(self, scope: Scope, send: Send) -> Send:
        """Until the answer begins: an event stream lasts as long as somebody looks at it."""
        began = time.perf_counter()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in METHODS else OTHER
                key = route_of(scope), method, message["status"]
                self._answers.setdefault(key, Answers()).add(time.perf_counter() - began)
            await send(message)

        return count


def route_of(scope: Scope) -> str:
    """Such as /s/{token}/metrics: no id, and no token. OTHER where no route of the program answered.

    By what was found in the path: a route that is included below a prefix knows the rest of its path alone.
    """
    if "route" not in scope:
        return OTHER
    path: str = scope["path"]
    for name, value in scope["path_params"].items():
        path = re.sub(rf"(?<=/){re.escape(str(value))}(?=[/.]|$)", f"{{{name}}}", path)
    return path
