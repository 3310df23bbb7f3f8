"""What a check finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from app.patience import trouble

T = TypeVar("T")


@dataclass(frozen=True)
class Check:
    """`said` is what was found, `fix` what mends it where it is not ok."""

    subject: str
    state: Literal["ok", "warning", "wrong"]
    said: str
    fix: str = ""


def found_by(look: Callable[[T], Iterator[Check]], subject: T) -> Iterator[Check]:
    """What this look finds. That a look fails is a finding too, and hides no other."""
    try:
        yield from look(subject)
    except SQLAlchemyError as error:
        yield Check(_name(look), "wrong", f"the database says: {trouble(error)}", "see the log of the database")
    except Exception as error:
        yield Check(_name(look), "wrong", f"can't be looked at ({type(error).__name__}: {error})")


def _name(look: Callable[..., object]) -> str:
    return look.__name__.replace("_", " ")
