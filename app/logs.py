"""The log: lines of one form on stderr from every process, as text or, with LOG_FORMAT=json, as a JSON object each.

A line about a run carries the run's id. A process, a job or a request that is about one says so once, by `about`; any
other line names it in its message, as in "run 0661247c31046c9c4af3 is stored". No line carries the token of a link:
with it anybody could come in.
"""

import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

from app.links import OPEN_BY_TOKEN

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(about)s%(message)s"
JSON_FIELDS = ["levelname", "name", "process", "run", "message"]
CHATTY = ("alembic", "dbos")

_NAMED = re.compile(r"\brun (?P<id>[0-9a-f]{20})\b")
_TOKEN = re.compile(rf"(?P<below>{'|'.join(OPEN_BY_TOKEN)})[\w-]{{16,}}")
_run: ContextVar[list[str]] = ContextVar("run")


def start_log(log_format: str = "text") -> None:
    handler = _Handler(sys.stderr)
    handler.setFormatter(_json_formatter() if log_format == "json" else logging.Formatter(TEXT))
    handler.addFilter(_about_run)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    engine = logging.getLogger("dbos")  # which makes a handler of its own where it finds none
    engine.handlers, engine.propagate = [logging.NullHandler()], True
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def begin(run_id: str | None = None) -> None:
    """What this task or thread logs from now on is about this run; or about none, until `turn_to` names one."""
    _run.set([run_id] if run_id else [])


@contextmanager
def about(run_id: str) -> Iterator[None]:
    """What is logged meanwhile is about this run."""
    before = _run.set([run_id])
    try:
        yield
    finally:
        _run.reset(before)


def turn_to(run_id: str) -> None:
    """What is logged from now on is about this run, in each thread of a request: they share what `begin` began."""
    if (holder := _run.get(None)) is not None:
        holder[:] = [run_id]


def without_tokens(text: str) -> str:
    return _TOKEN.sub(r"\g<below>…", text)


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


def _about_run(record: logging.LogRecord) -> bool:
    """Gives the record its `run`, an id or None, and what to say `about` it where the message does not."""
    holder = _run.get(None)
    named = _NAMED.search(record.getMessage())
    run_id = holder[0] if holder else named and named["id"]
    record.run = run_id
    record.about = f"run {run_id}: " if run_id and not named else ""
    return True


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.core import RESERVED_ATTRS
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        JSON_FIELDS, rename_fields={"levelname": "level", "name": "logger"}, timestamp="time",
        reserved_attrs=[*RESERVED_ATTRS, "about", "color_message"],
    )  # fmt: skip


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """A crash is a line of the log too."""
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        logging.getLogger("app").critical("crashed", exc_info=(kind, error, trace))
