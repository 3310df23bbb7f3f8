"""Names as people type them, and when two of them are the same."""

import unicodedata
from collections.abc import Mapping

from fastapi import Request

from app.viewer import who_asks

MOST_LETTERS = 60  # of a title or a name


def tidy(text: str) -> str:
    """One line of letters that stay where they stand: nothing that turns or hides its neighbours."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:MOST_LETTERS].strip()


def name_key(name: str) -> str:
    """The same for names that differ in capitals, in spaces or in how their letters are encoded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def name_of_who_says(request: Request, values: Mapping[str, str]) -> str:
    """Whoever is signed in speaks in that name; anybody else as they have typed, which may be empty."""
    viewer = who_asks(request)
    return viewer.name if viewer else tidy(values.get("name", ""))
