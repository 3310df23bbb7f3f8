"""Who may come in: the host check, the refusal of cross-site requests, the class password."""

import hashlib
import secrets
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app import bounds
from app.access import open_without_sign_in
from app.headers import with_headers
from app.i18n import gettext as _
from app.links import OPEN_BY_TOKEN
from app.passwords import kept_secret, teacher_password
from app.settings import Settings, is_loopback

LONGEST_ADDRESS = 500  # characters, of one that a cookie remembers
NO_CHARACTER = "\ufffd"
NO_CHARACTER_QUOTED = quote(NO_CHARACTER).encode()
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def session_key(settings: Settings) -> str:
    """The key that signs session cookies: made once, and another one when a password is set anew, which ends all
    sessions."""
    secret = kept_secret(settings.data_dir / "secret", lambda: secrets.token_hex(32))
    passwords = (settings.class_password, teacher_password(settings)) if settings.class_mode else ()
    return hashlib.sha256(repr((secret, *passwords)).encode()).hexdigest()


class Guard:
    """Looks at every request before the application does. Decides from the ASGI scope, never from a built URL."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._public_host = urlsplit(settings.public_url).hostname

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _replace_nul(scope)
        refusal = self._refusal(scope)
        host = _hostname(Headers(scope=scope).get("host", ""))
        await (refusal or self._app)(scope, receive, with_headers(scope, host, send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path, host = scope["path"], _hostname(headers.get("host", ""))
        if not self._settings.class_mode and not is_loopback(host) and not self._shared_by(host, path):
            return refuse(scope, 403, _stranger(host))
        if found := bounds.refusal(scope):
            status, reason = found
            return refuse(scope, status, _(reason))
        if scope["method"] not in SAFE_METHODS and _is_cross_site(headers):
            return refuse(scope, 403, _("This request came from another site. Reload the page and try again."))
        below_a_link = path.startswith(OPEN_BY_TOKEN)  # where what is no route is answered as an unknown token
        if self._settings.class_mode and not below_a_link and not open_without_sign_in(scope["method"], path):
            # Whether the token still opens something is looked up where the route is known (access.Admission).
            return None if scope["session"].get("sign_in") else ask_to_sign_in(scope)
        return None

    def _shared_by(self, host: str, path: str) -> bool:
        """Behind PUBLIC_URL (a tunnel, a proxy) a server without sign-in shows what tokens open and nothing else."""
        return host == self._public_host and path.startswith((*OPEN_BY_TOKEN, "/static/"))


def _replace_nul(scope: Scope) -> None:
    """PostgreSQL refuses a text with a NUL, even to look for it. In addresses it is what it is in HTML: a replacement
    character, which no name of ours holds. In place, for who stands before and is told by the scope which route it was.
    """
    scope["path"] = scope["path"].replace("\0", NO_CHARACTER)
    scope["query_string"] = scope["query_string"].replace(b"%00", NO_CHARACTER_QUOTED)


def _stranger(host: str) -> str:
    if not host:
        return _("This server serves this machine alone; it does not answer a request that names no host.")
    return _("This server serves this machine alone; it does not answer to {host}.", host=host)


def _hostname(host: str) -> str:
    """The name in a Host header; empty for one that is none."""
    try:
        return urlsplit(f"//{host}").hostname or "" if "/" not in host else ""
    except ValueError:
        return ""


def _is_cross_site(headers: Headers) -> bool:
    """Every browser says where a changing request comes from; programs that are no browser need not."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def ask_to_sign_in(scope: Scope) -> Response:
    """A page that was asked for is what the browser is led to after it has signed in."""
    if scope["path"].startswith("/api"):
        return refuse(scope, 401, _("Sign in with the class password first."))
    if scope["method"] == "GET" and _asks_for_a_page(Headers(scope=scope)):
        query = scope["query_string"].decode("latin-1")
        scope["session"]["next"] = (quote(scope["path"]) + ("?" + query if query else ""))[:LONGEST_ADDRESS]
    return RedirectResponse("/sign-in", status_code=303)


def _asks_for_a_page(headers: Headers) -> bool:
    """Browsers say so to addresses that they trust; to others, such as http://192.168.1.20, only what they accept."""
    wanted = headers.get("sec-fetch-dest")
    return "text/html" in headers.get("accept", "") if wanted is None else wanted == "document"


def refuse(scope: Scope, status: int, reason: str) -> Response:
    """A reason in words, as JSON below /api."""
    if scope["path"].startswith("/api"):
        return JSONResponse({"detail": reason}, status)
    return Response(reason + "\n", status, media_type="text/plain")
