"""Names as people type them, and when two of them are the same."""

import unicodedata

MOST_LETTERS = 60  # of a title or a name


def tidy(text: str) -> str:
    """One line of letters that stay where they stand: nothing that turns or hides its neighbours."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:MOST_LETTERS].strip()


def name_key(name: str) -> str:
    """The same for names that differ in capitals, in spaces or in how their letters are encoded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
