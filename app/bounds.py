"""How large a request may be: its head, its body, and how deep the JSON in it."""

import re

import numpy as np
from fastapi import HTTPException
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ml.words import Words, words

MAX_ADDRESS_BYTES = 16_000  # a comparison of 8 runs takes 250, the form with every field filled in 4,000
MAX_HEADERS = 100
MAX_HEAD_BYTES = 32_000
MAX_BODY_BYTES = 1_000_000
MAX_DEPTH = 20

TOO_LARGE = words("The request is larger than 1 MB; a run's specification takes about 1 KB.")
TOO_DEEP = words("The JSON is nested more than {limit} levels deep; a run's specification takes 2.", limit=MAX_DEPTH)
UNREADABLE = words("The request can't be read.")
LONG_ADDRESS = words("The address is longer than {limit:,} characters.", limit=MAX_ADDRESS_BYTES)
LONG_HEAD = words(
    "The request has more than {count} headers, or more than {limit:,} characters in them.",
    count=MAX_HEADERS, limit=MAX_HEAD_BYTES,
)  # fmt: skip

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ESCAPED = re.compile(rb"(?:\\.)+", re.DOTALL)


def refusal(scope: Scope) -> tuple[int, Words] | None:
    """The status and the reason where the head of a request says enough; None where it may go on."""
    if len(scope["path"]) + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
        return 414, LONG_ADDRESS
    sent = scope["headers"]
    if len(sent) > MAX_HEADERS or sum(len(name) + len(value) for name, value in sent) > MAX_HEAD_BYTES:
        return 431, LONG_HEAD
    headers = Headers(scope=scope)
    if not _is_utf8(headers.get("content-type", "")):
        return 400, UNREADABLE
    lengths = set(headers.getlist("content-length"))
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
        return 400, UNREADABLE
    return (413, TOO_LARGE) if any(int(length) > MAX_BODY_BYTES for length in lengths) else None


def _is_utf8(content_type: str) -> bool:
    """Whoever names another encoding chooses the decoder that a form goes through: some take minutes for a megabyte,
    some raise what nobody expects."""
    _, options = parse_options_header(content_type)
    return options.get(b"charset", b"utf-8").lower() == b"utf-8"


class ShallowJson:
    """Refuses what is nested too deep while it comes in, before anything parses it: to parse, to check and to repeat
    it each take a call a level. Whatever is no form counts as JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = scope["type"] == "http" and Headers(scope=scope).get("content-type", "").startswith(_FORMS)
        await self._app(scope, receive if form else _shallow(receive), send)


def _shallow(receive: Receive) -> Receive:
    nesting = Nesting()

    async def receive_shallow() -> Message:
        message = await receive()
        piece = message.get("body", b"")
        if b"\0" in piece:  # as in UTF-16, where a quote is not the byte that we count by
            raise HTTPException(400, UNREADABLE)
        if nesting.deepest(piece) > MAX_DEPTH:
            raise HTTPException(400, TOO_DEEP)
        return message

    return receive_shallow


class Nesting:
    """How deep a JSON is that comes piece by piece."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._rest = b""  # a backslash whose character has not come yet

    def deepest(self, piece: bytes) -> int:
        """The most brackets that are open at one time in this piece."""
        told = _ESCAPED.sub(b"", self._rest + piece)
        self._rest = b"\\" if told.endswith(b"\\") else b""
        characters = np.frombuffer(told, np.uint8)
        in_text = (np.cumsum(characters == ord('"')) + self._in_text) % 2 == 1
        opens, closes = np.isin(characters, [ord("["), ord("{")]), np.isin(characters, [ord("]"), ord("}")])
        depths = self._depth + np.cumsum(np.where(in_text, 0, opens.astype(int) - closes))
        if depths.size:
            self._depth, self._in_text = int(depths[-1]), bool(in_text[-1])
        return int(depths.max(initial=0))
