"""What a browser may keep. A page that has not changed since is not sent again. Data of a run that has ended, asked for
by an address that names its version, is never asked for again. Nothing is kept of what a link with a token opens: the
link may be revoked, and the browser be one that many use."""

import hashlib
from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.links import OPEN_BY_TOKEN
from app.settings import PROJECT

FOR_GOOD = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
NEVER_CHANGES = "never_changes"  # what a route notes in its request's state


@cache
def release() -> str:
    """Of the program that runs: an answer that was kept for good is asked for anew once a newer one draws it."""
    files = sorted(file for folder in ("app", "ml") for file in (PROJECT / folder).rglob("*.p[yo]"))
    seen = [(str(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files]
    return hashlib.blake2b(repr(seen).encode(), digest_size=4).hexdigest()


class Freshness:
    """Pages get an ETag, what never changes is kept for good."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith(OPEN_BY_TOKEN)
        await self._app(scope, receive, _Answer(scope, send).send if reads else send)


class _Answer:
    """One answer on its way out; what may be known already is held back until its end."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_unless_known(self._start)
        else:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        if start["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
            self._start = start
            return
        if start["status"] == 200 and self._scope.get("state", {}).get(NEVER_CHANGES):
            headers["Cache-Control"] = FOR_GOOD
        await self._send(start)

    async def _send_unless_known(self, start: Message) -> None:
        tag = f'W/"{hashlib.blake2b(self._body, digest_size=12).hexdigest()}"'
        headers = MutableHeaders(scope=start)
        headers["ETag"], headers["Cache-Control"] = tag, ASK_AGAIN
        if tag in Headers(scope=self._scope).get("if-none-match", ""):
            start["status"], self._body = 304, b""
            del headers["Content-Length"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})
