"""What one connection may hold up, by bytes on a socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app import connections
from app.connections import MAX_UNREAD_BYTES, BoundedProtocol
from tests.server import PATIENCE, wait_for

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how many bytes came."""
    read, more = 0, True
    while more:
        message = await receive()
        read, more = read + len(message.get("body", b"")), message.get("more_body", False)
    await PlainTextResponse(f"{read} bytes")(scope, receive, send)


@pytest.fixture
def port() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(echo, http=BoundedProtocol, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_for(lambda: server.started, "uvicorn to start")
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def talk(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionError:  # closed while we still sent
        pass
    return found


def send_without_end(connection: socket.socket, piece: bytes, limit: int = 4_000_000) -> int:
    """How much was sent before the other side closed."""
    sent = 0
    try:
        while sent < limit:
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


ENDLESS = {
    "a path": (b"GET /", b"x" * 1_000),
    "a header": (HEAD + b"X-Much: ", b"x" * 1_000),
    "headers": (HEAD, b"X-More: and more\r\n" * 50),
    "the name of a header": (HEAD, b"x" * 1_000),
    "the length of a chunk": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1_000),
    "trailers": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X: y\r\n" * 100),
    "a trailer": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ", b"y" * 1_000),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_cut_off(talk: socket.socket, what: str) -> None:
    start, more = ENDLESS[what]
    talk.sendall(start)
    assert send_without_end(talk, more) < 4_000_000
    assert b" 200 " not in answer(talk)


def test_a_request_as_large_as_allowed_is_answered_and_so_is_the_next_one(talk: socket.socket) -> None:
    large = HEAD + b"X-Much: " + b"x" * (MAX_UNREAD_BYTES - 1_000) + b"\r\n\r\n"
    body = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000
    talk.sendall(large + body)
    found = answer(talk)
    assert found.count(b" 200 ") == 2
    assert found.endswith(b"900000 bytes")


def test_chunks_of_one_byte_may_take_as_long_as_they_like(talk: socket.socket) -> None:
    talk.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(2 * MAX_UNREAD_BYTES // 600):
        talk.sendall(b"1\r\nx\r\n" * 100)
    talk.sendall(b"0\r\n\r\n")
    assert b" 200 " in answer(talk)


def test_who_takes_too_long_over_a_head_is_left(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 3)
    begun = (b"", b"G", HEAD, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + HEAD)
    with ExitStack() as left:
        slow = [left.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) for _ in begun]
        for connection, sent in zip(slow, begun, strict=True):
            connection.sendall(sent)
        assert [answer(connection).count(b" 200 ") for connection in slow] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: x\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, x\r\n",
    ],
)
def test_a_request_that_contradicts_itself_is_refused(talk: socket.socket, head: bytes) -> None:
    talk.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\nabc")
    talk.shutdown(socket.SHUT_WR)
    assert b" 200 " not in answer(talk)
    assert b" 500 " not in answer(talk)
