"""`make messages`: brings the catalogs of app/locale up to date with what the product says.

New messages come in empty, to be translated; what is no longer said goes.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from app import compare_view, forms, sharing
from app.examples import EXAMPLES
from app.figures import FIGURES
from app.figures.compare import COMPARISONS, ERROR, LOSS
from app.figures.groups import ERROR_BY_GROUP
from app.i18n import CATALOGS, LANGUAGES, gettext
from app.learn.entries import LEARN
from app.presets import PRESETS
from app.preview import VERDICTS
from app.settings import PROJECT
from ml import catalog
from ml.labs import LABS, Lab
from ml.rules import RULES

# What a choice of the catalog says in words.
TOLD = ("label", "formula", "note", "description")

# Words of mathematics: a formula of these and of letters alone is the same in every language.
NOTATION = {"BN", "Wx", "exp", "fan_in", "fan_out", "init_std", "log", "max", "min", "tanh"}

Message = str | tuple[str, ...]  # a pair where it depends on a number

# The functions whose first arguments are messages.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "_html": None, "gettext_html": None, "ngettext": (1, 2),
    "words": None, "plural": (1, 2),
}  # fmt: skip
SOURCES = (("app", "*.py", "python"), ("ml", "*.py", "python"), ("templates", "*.html", "jinja2.ext:babel_extract"))
SCRIPTS = ("static", "*.js", "javascript")


def messages() -> set[Message]:
    """Everything that the product says, in English."""
    return {message for source in (*SOURCES, SCRIPTS) for message in _written(*source)} | set(_named())


@cache
def _all_script_messages() -> set[Message]:
    """What the pages' scripts say."""
    return set(_written(*SCRIPTS))


def script_words() -> dict[str, str]:
    """What the pages' scripts say, in the language in force."""
    return {message: gettext(message) for message in sorted(_all_script_messages()) if isinstance(message, str)}


def _written(folder: str, pattern: str, method: str) -> Iterator[Message]:
    for file in sorted((PROJECT / folder).rglob(pattern)):
        for _, message, _, _ in extract_from_file(method, file, keywords=KEYWORDS):
            yield message


def _named() -> Iterator[Message]:
    """What the code does not mark, because it stands in tables: names, labels, hints, what figures and rules mean."""
    yield from (text for example in EXAMPLES for text in (example.spec.name, example.text))
    yield from (*(comparison.title for comparison in COMPARISONS.values()), LOSS, ERROR, *compare_view.SIGNALS.values())
    for figure in (*FIGURES.values(), ERROR_BY_GROUP):
        yield from (figure.title, figure.subtitle, *figure.about)
    yield from (paragraph for rule in RULES.values() for paragraph in rule.about)
    yield from filter(_is_told, (*forms.LABELS.values(), *forms.GROUPS))
    yield from filter(None, map(forms.hint, forms.LABELS))
    yield from (*VERDICTS, *PRESETS, *sharing.LASTING.values())
    yield from (text for presets in PRESETS.values() for preset in presets for text in (preset.name, preset.text))
    for table in (*forms.CHOICES.values(), catalog.DATASETS):
        for entry in table.values():
            yield from filter(_is_told, (getattr(entry, name, "") for name in TOLD))
    yield from (text for lab in LABS.values() for text in _told_by(lab))
    yield from (text for page in LEARN.values() for text in (page.title, page.point, page.real))
    yield from filter(_is_told, (name for data in catalog.DATASETS.values() for name in data.classes))


def _told_by(lab: Lab) -> Iterator[str]:
    yield from filter(None, (lab.title, lab.question, lab.claim, lab.topic, lab.paper, lab.remark))
    yield from (choice.text for choice in lab.choices)
    yield from (arm.label for arm in lab.arms.values())
    yield from (measure.label for measure in lab.measures)


def _is_told(text: str) -> bool:
    return not set(re.findall("[A-Za-z_]{2,}", text)) <= NOTATION


def update(language: str, found: set[Message]) -> int:
    """Write the language's catalog anew. How many messages have no translation yet."""
    file = CATALOGS / f"{language}.po"
    old = read_catalog(file, language)
    fresh = Catalog(language, project="Layerscope", version="", fuzzy=False)
    for message in found:
        kept = old.get(message if isinstance(message, str) else message[0])
        fresh.add(message, kept.string if kept else "")
    CATALOGS.mkdir(exist_ok=True)
    with file.open("wb") as target:
        write_po(target, fresh, sort_output=True, no_location=True, omit_header=True, width=0)
    return sum(not message.string or not all(message.string) for message in fresh if message.id)


def read_catalog(file: Path, language: str) -> Catalog:
    if not file.exists():
        return Catalog(language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


if __name__ == "__main__":
    found = messages()
    for language in list(LANGUAGES)[1:]:
        print(f"{language}: {len(found)} messages, {update(language, found)} without a translation")
