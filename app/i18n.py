"""Two languages. English is written in the code, `locale/es.po` holds the rest; `make messages` brings it up to date.

The language of a request is kept in a context variable, so that whatever builds a page can just say `_("Launch")`. A
message has {fields} in the manner of str.format; numbers in them are written as the language does.
"""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale, dates, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

from ml.words import Words

CATALOGS = Path(__file__).with_name("locale")
LANGUAGES = {"en": "English", "es": "Español"}  # each by its own name; the first is what others get

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The one in force: a key of LANGUAGES."""
    return _language.get()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Everything inside speaks this language."""
    before = _language.set(chosen)
    try:
        yield
    finally:
        _language.reset(before)


def preferred(accept_language: str) -> str:
    """The language that a browser's Accept-Language asks for first among ours."""
    asked = [part.split(";")[0].strip() for part in sorted(accept_language.split(","), key=_weight)]
    # Their own list wins over ours: es-AR is served by es.
    return negotiate_locale(asked, list(LANGUAGES), sep="-") or next(iter(LANGUAGES))


def _weight(part: str) -> float:
    _, _, quality = part.partition(";q=")
    try:
        return -float(quality or 1)
    except ValueError:
        return 0.0


@cache
def _translations(chosen: str) -> NullTranslations:
    file = CATALOGS / f"{chosen}.po"
    if not file.exists():
        return NullTranslations()
    with file.open("rb") as source:
        catalog = read_po(source, locale=chosen)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


# --- messages ---


def gettext(message: str, /, **values: Any) -> str:
    """The message in the language in force, with its {fields} filled in. What `ml` has put into Words is said anew; a
    message that nobody has translated stays as it is."""
    if isinstance(message, Words):
        return _said_anew(message)
    found: str = _translations(language()).gettext(message) if message else ""
    return _filled(found, values) if values else found


def ngettext(one: str, many: str, /, count: int, **values: Any) -> str:
    """As gettext, for a message that depends on {count}."""
    found: str = _translations(language()).ngettext(one, many, count)
    return _filled(found, {"count": count, **values})


def gettext_html(message: str, /, **values: Any) -> Markup:
    """As gettext, of a message that holds markup; the values are escaped."""
    escaped = {name: escape(value) if isinstance(value, str) else value for name, value in values.items()}
    return Markup(gettext(message, **escaped))


def _said_anew(words: Words) -> str:
    if words.plural:
        return ngettext(words.template, words.plural, **words.values)
    return gettext(words.template, **words.values) if words.values else gettext(words.template)


class _InTheLanguage(Formatter):
    """Words inside of words are translated too; decimals and thousands are marked as the language does."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, Words):
            return _said_anew(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number(value, format_spec)
        return super().format_field(value, format_spec)


def _filled(template: str, values: dict[str, Any]) -> str:
    return _InTheLanguage().vformat(template, (), values)


# --- numbers and dates ---


def number(value: float, style: str = "") -> str:
    """A number in one of Python's formats, with the language's marks: number(1234.5, ",.1f") is 1.234,5 in Spanish."""
    return localised(format(value, style))


def localised(digits: str) -> str:
    """A number that was written in English, with the language's marks."""
    return digits if language() == "en" else digits.translate(_marks(language()))


def separators() -> str:
    """The decimal mark and the mark of thousands, as Plotly's layout takes them."""
    return localised(".,")


@cache
def _marks(chosen: str) -> dict[int, str]:
    locale = Locale.parse(chosen)
    return str.maketrans({".": get_decimal_symbol(locale), ",": get_group_symbol(locale)})


def percent(share: float, style: str = ".1f") -> str:
    """A share of 1 in percent, with the space that both languages' typographers ask for."""
    return f"{number(100 * share, style)}\N{NO-BREAK SPACE}%"


def ago(seconds: float) -> str:
    """How long ago: 3 minutes ago."""
    if seconds < 60:
        return gettext("just now")
    return dates.format_timedelta(-timedelta(seconds=seconds), add_direction=True, threshold=1, locale=language())


def moment(seconds: float) -> str:
    """A time in seconds since 1970 as a date and a time of day (UTC)."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{dates.format_datetime(when, 'medium', locale=language())} UTC"


def is_number(value: float | None) -> bool:
    """Whether there is something to write."""
    return value is not None and math.isfinite(value)
