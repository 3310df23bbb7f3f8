"""The web process: uvicorn around the application."""

import socket

import uvicorn

from app import lifeline
from app.main import create_app
from app.settings import Settings


def run_web(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; on the supervisor's listening socket where there is one.

    The access log stays off: it would hold the tokens of share links.
    """
    lifeline.end_with_supervisor()
    config = uvicorn.Config(
        create_app(settings), host=settings.host, port=settings.port, access_log=False, log_level="warning",
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=None if fd is None else [socket.socket(fileno=fd)])
