"""A class on one server, and who is in it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.settings import Settings
from tests.members import class_of, member


@pytest.fixture
def class_app(settings: Settings) -> Iterator[FastAPI]:
    with class_of(settings) as app:
        yield app


@pytest.fixture
def ana(class_app: FastAPI) -> TestClient:
    """The browser of a student."""
    return member(class_app, "Ana")


@pytest.fixture
def ben(class_app: FastAPI) -> TestClient:
    """The browser of another one."""
    return member(class_app, "Ben")


@pytest.fixture
def teacher(class_app: FastAPI) -> TestClient:
    return member(class_app, "Ms Glorot", teaches=True)
