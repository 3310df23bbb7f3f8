"""A class on one server, and browsers in which its members are signed in already."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps

from fastapi import FastAPI
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from sqlmodel import Session

from app import store
from app.main import create_app
from app.models import Member
from app.security import session_key
from app.settings import Settings
from tests.signing_in import PASSWORD, TEACHERS

LAN = "http://192.168.1.20:8000"


def class_settings(settings: Settings) -> Settings:
    """Those with which others can reach it."""
    passwords = {"class_password": PASSWORD, "teacher_password": TEACHERS}
    return settings.model_copy(update={"host": "0.0.0.0"} | passwords)


@contextmanager
def class_of(settings: Settings) -> Iterator[FastAPI]:
    """The application where others can reach it."""
    app = create_app(class_settings(settings))
    try:
        yield app
    finally:
        app.state.queue.close()
        app.state.engine.dispose()


def stranger(app: FastAPI, address: str = "192.168.1.7") -> TestClient:
    return TestClient(app, base_url=LAN, client=(address, 50000), follow_redirects=False)


def member(app: FastAPI, name: str, teaches: bool = False) -> TestClient:
    """The browser of somebody who has signed in."""
    with Session(app.state.engine) as session:
        known = Member(id=name.lower(), name=name, key=name.lower(), role="teacher" if teaches else "student")
        session.add(known)
        session.commit()
        token = store.sign_in(session, known.id)
    client = stranger(app)
    signer = TimestampSigner(session_key(app.state.settings))
    client.cookies.set("layerscope", signer.sign(b64encode(dumps({"sign_in": token}).encode())).decode())
    return client
