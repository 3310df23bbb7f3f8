"""Sentences whose numbers stand apart, so that whoever shows them can say them in another language.

`ml` itself speaks English: a Words is an ordinary string there.
"""

from collections.abc import Iterable
from functools import reduce
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

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, Any]]:
        """How it is copied: from what it was made of, for the sentence itself may hold braces that a user typed."""
        return (self.template, self.plural), self.values


def words(template: str, /, **values: Any) -> Words:
    """A sentence: words("the limit is {limit:,}", limit=2000)."""
    return Words(template, **values)


def plural(one: str, many: str, /, count: int, **values: Any) -> Words:
    """A sentence that depends on a number: plural("{count} layer", "{count} layers", count=2)."""
    return Words(one, many, count=count, **values)


def any_of(choices: Iterable[str]) -> str:
    """a or b or c."""
    return reduce(lambda left, right: words("{left} or {right}", left=left, right=right), choices)


def all_of(things: Iterable[str]) -> str:
    """a and b and c."""
    return reduce(lambda left, right: words("{left} and {right}", left=left, right=right), things)


def one_after_another(sentences: Iterable[str]) -> str:
    """a; b; c."""
    return reduce(lambda left, right: words("{left}; {right}", left=left, right=right), sentences)
