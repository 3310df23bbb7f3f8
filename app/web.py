"""The web process: uvicorn around the application."""

import gc
import socket

import uvicorn

from app import lifeline
from app.connections import BoundedProtocol
from app.main import create_app
from app.passwords import where_teachers_look
from app.settings import Settings


def run_web(settings: Settings, fd: int | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; on the supervisor's listening socket where there is one.

    The access log stays off: it would hold the tokens of share links.
    """
    lifeline.end_with_supervisor()
    app = create_app(settings)
    if fd is None and (line := where_teachers_look(settings)):
        print(line, flush=True)
    # What is there now stays: to look through it again and again for garbage would cost more than reading a run.
    gc.freeze()
    gc.set_threshold(10_000)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, log_level="warning",
        timeout_graceful_shutdown=2, http=BoundedProtocol, server_header=False,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=None if fd is None else [socket.socket(fileno=fd)])
