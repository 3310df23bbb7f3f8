"""Links that hold a token: whoever has one may come in. Nothing else is below these addresses."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

# Open without the class password: share links, mysteries, and labs that are given to a class.
OPEN_BY_TOKEN = ("/s/", "/m/", "/l/")
_TAKING_FORMS = ("/m/", "/l/")
# A token must not travel on: not to another site, not into a search engine, not into a cache.
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
# With "no-referrer" a browser doesn't say either where a form was sent from, and over plain HTTP nothing else tells it.
_WITH_FORMS = HEADERS | {"Referrer-Policy": "same-origin"}
_BYTES = 24


def headers_at(path: str) -> dict[str, str]:
    """What goes with every answer below OPEN_BY_TOKEN."""
    return _WITH_FORMS if path.startswith(_TAKING_FORMS) else HEADERS


def new_token() -> str:
    """192 random bits, as they stand in an address."""
    return secrets.token_urlsafe(_BYTES)


def derived_token(token: str, purpose: str) -> str:
    """Another one of as many bits, from which nobody finds the first one."""
    digest = hmac.digest(token.encode(), purpose.encode(), "sha256")
    return urlsafe_b64encode(digest[:_BYTES]).decode()


def token_hash(token: str) -> str:
    """What is kept of a token: a copy of the database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
