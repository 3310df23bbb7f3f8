"""The headers that go with every answer: what a browser may do with it."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from app.links import OPEN_BY_TOKEN, headers_at
from app.settings import is_loopback

# Our own files and nothing else. Styles may stand in the page: heights of figures and the pictures of them are written
# so, and plotly adds rules as it draws. No script may. Pictures are also drawn (data:) and saved (blob:) by plotly.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
ALWAYS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
# A browser complains of this one in its console where it does not trust the address.
WHERE_TRUSTED = {"Cross-Origin-Opener-Policy": "same-origin"}


def with_headers(scope: Scope, host: str, send: Send) -> Send:
    """For an answer to whoever asked for this host."""
    path = scope["path"]
    trusted = scope["scheme"] == "https" or is_loopback(host)
    protecting = ALWAYS | WHERE_TRUSTED if trusted else ALWAYS

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in protecting.items():
                headers.setdefault(name, value)
            if path.startswith(OPEN_BY_TOKEN):
                headers.update(headers_at(path))
        await send(message)

    return send_with_headers
