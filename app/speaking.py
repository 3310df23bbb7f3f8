"""Finds out which language a request wants: `?lang=es`, the cookie that this leaves, or the browser's own wish."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import LANGUAGES, preferred, speaking

PARAMETER = "lang"
COOKIE = "language"
A_YEAR = 365 * 24 * 3600


class Speaking:
    """Lets everything that answers a request speak its language. A choice in the address is remembered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        with speaking(asked or _remembered(scope)):
            await self._app(scope, receive, _remembering(asked, send) if asked else send)


def _asked(scope: Scope) -> str:
    """What the address says; empty where it says nothing that we speak."""
    found = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER, [""])[-1]
    return found if found in LANGUAGES else ""


def _remembered(scope: Scope) -> str:
    headers = Headers(scope=scope)
    found = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    return found if found in LANGUAGES else preferred(headers.get("accept-language", ""))


def _remembering(language: str, send: Send) -> Send:
    cookie: SimpleCookie = SimpleCookie({COOKIE: language})
    cookie[COOKIE].update({"path": "/", "max-age": str(A_YEAR), "samesite": "lax"})

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", cookie[COOKIE].OutputString())
        await send(message)

    return send_with_cookie


def in_language(request: Request, language: str, here: str = "") -> str:
    """The address of the same page in another language; `here` where it is not the one that was asked for."""
    if here:
        return f"{here}{'&' if '?' in here else '?'}{urlencode({PARAMETER: language})}"
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != PARAMETER]
    return f"?{urlencode([*rest, (PARAMETER, language)])}"
