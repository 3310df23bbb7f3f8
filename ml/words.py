"""Sentences whose numbers stand apart, so that whoever shows them can say them in another language.

`ml` itself speaks English: a Words is an ordinary string there.
"""

from string import Formatter
from typing import Any


class Words(str):
    """`template` in English with {fields}, filled with `values`. Where `plural` is given, `values["count"]` decides
    between the two."""

    template: str
    plural: str
    values: dict[str, Any]

    __slots__ = ("plural", "template", "values")

    def __new__(cls, template: str, plural: str = "", **values: Any) -> "Words":
        chosen = plural if plural and values["count"] != 1 else template
        words = super().__new__(cls, Formatter().vformat(chosen, (), values))
        words.template, words.plural, words.values = template, plural, values
        return words


def words(template: str, /, **values: Any) -> Words:
    """A sentence: words("the limit is {limit:,}", limit=2000)."""
    return Words(template, **values)


def plural(one: str, many: str, /, count: int, **values: Any) -> Words:
    """A sentence that depends on a number: plural("{count} layer", "{count} layers", count=2)."""
    return Words(one, many, count=count, **values)
