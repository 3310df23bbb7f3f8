"""The command `layerscope`: what it takes, and which part of the product answers to it.

It ends with 0; with 1 where what was asked for did not come about; with 2 where it can't start as things are, a wrong
option among them. What is wrong is said in one line.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from app import schema
from app.logs import start_log
from app.patience import trouble
from app.settings import BadSettings, Settings, load_settings

Command = Callable[[Settings, argparse.Namespace], int]

DONE, FAILED, CANNOT_START = 0, 1, 2


class Failed(Exception):
    """One line for the operator: what did not come about."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says. The exit code."""
    asked = parser().parse_args(arguments)
    try:
        settings = load_settings()
        start_log(settings.log_format)
        code: int = asked.does(settings, asked)
    except (BadSettings, schema.WrongSchema) as error:
        return _end(CANNOT_START, f"Layerscope can't start: {error}")
    except Failed as error:
        return _end(FAILED, f"layerscope {asked.command}: {error}")
    except DBAPIError as error:
        return _end(FAILED, f"layerscope {asked.command}: the database can't be used ({trouble(error)})")
    except OSError as error:
        return _end(FAILED, f"layerscope {asked.command}: {error}")
    except KeyboardInterrupt:
        return _end(FAILED, f"layerscope {asked.command}: interrupted")
    return code


def _end(code: int, line: str) -> int:
    print(line, file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="layerscope", description="Layerscope shows why a neural network trains or does not.",
        epilog="Settings come from the environment or from a file .env; README.md lists them.",
    )  # fmt: skip
    commands = whole.add_subparsers(dest="command", required=True, metavar="command")
    for does in (serve, web, worker, migrate, backup, copy, doctor):
        text = str(does.__doc__)
        added = commands.add_parser(does.__name__, help=text.split(".")[0].lower(), description=text)
        added.set_defaults(does=does)
        _add_arguments(does.__name__, added.add_argument)
    return whole


def _add_arguments(command: str, add: Callable[..., argparse.Action]) -> None:
    match command:
        case "web":
            add("--fd", type=int, help=argparse.SUPPRESS)
        case "worker":
            add("--name", default="worker", help="what it is called in logs; several may be called the same")
        case "backup":
            add("file", type=Path, metavar="FILE", help="where to; must not be there yet")
        case "copy":
            add("--from", dest="source", required=True, metavar="URL", help="such as sqlite:///path/to/file.db")
            example = "such as postgresql+psycopg://user:password@host/database; must be empty"
            add("--to", dest="target", required=True, metavar="URL", help=example)
        case "doctor":
            add("--worker", action="store_true", help="only whether a worker of this machine or container is alive")


# --- the commands; their docstrings are what --help says ---
# What a command needs is imported when it is given: no process carries what another one works with.


def serve(settings: Settings, _asked: argparse.Namespace) -> int:
    """Everything on one machine. Brings the database to this release, then keeps the web and WORKERS workers alive."""
    from app.serve import serve

    return serve(settings)


def web(settings: Settings, asked: argparse.Namespace) -> int:
    """The web process alone. The database must have been brought to this release."""
    from app.web import run_web

    schema.require(settings)
    run_web(settings, asked.fd)
    return DONE


def worker(settings: Settings, asked: argparse.Namespace) -> int:
    """One worker, on any machine that reaches the database. It trains a run at a time; start as many as you like."""
    from app.worker import run_worker

    schema.require(settings)
    run_worker(settings, asked.name)
    return DONE


def migrate(settings: Settings, _asked: argparse.Namespace) -> int:
    """Make the tables, or bring them to this release. `serve` does so by itself."""
    from app.serve import prepare

    prepare(settings)
    print(f"The database is at {schema.revision(settings.runs_url)}.")
    return DONE


def backup(settings: Settings, asked: argparse.Namespace) -> int:
    """Copy the database into a file. Layerscope may run meanwhile."""
    from app.backup import CannotBackUp, backup

    try:
        backup(settings, asked.file)
    except CannotBackUp as error:
        raise Failed(error) from None
    print(f"{asked.file}: {asked.file.stat().st_size / 1e6:.1f} MB")
    return DONE


def copy(_settings: Settings, asked: argparse.Namespace) -> int:
    """Copy everything into another database. Stop Layerscope first, and afterwards set DATABASE_URL to the new one."""
    from app.copying import CannotCopy, copy

    try:
        rows = copy(asked.source, asked.target)
    except CannotCopy as error:
        raise Failed(error) from None
    print(f"Copied {sum(rows.values()):,} rows: " + ", ".join(f"{n:,} {table}" for table, n in rows.items() if n))
    return DONE


def doctor(settings: Settings, asked: argparse.Namespace) -> int:
    """Say what is wrong, and what mends it. Changes nothing; ends with 1 where anything is wrong."""
    from app.doctor import examine, look_for_worker

    return look_for_worker(settings) if asked.worker else examine(settings)
