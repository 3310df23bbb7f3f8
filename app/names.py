"""Names as people type them, and when two of them are the same."""

import re
import unicodedata
from collections.abc import Mapping

from fastapi import Request

from app.viewer import who_asks

MOST_LETTERS = 60  # of a title or a name
# What Unicode calls letters or marks and nobody sees (Default_Ignorable_Code_Point), and the empty braille cell: with
# them the same name could be taken twice.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def tidy(text: str) -> str:
    """One line of letters that stay where they stand: nothing that turns or hides its neighbours."""
    line = " ".join(text.split())
    return _UNSEEN.sub("", "".join(filter(str.isprintable, line)))[:MOST_LETTERS].strip()


def name_key(name: str) -> str:
    """The same for names that differ in capitals, in spaces or in how their letters are encoded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def name_of_who_says(request: Request, values: Mapping[str, str]) -> str:
    """Whoever is signed in speaks in that name; anybody else as they have typed, which may be empty."""
    viewer = who_asks(request)
    return viewer.name if viewer else tidy(values.get("name", ""))
