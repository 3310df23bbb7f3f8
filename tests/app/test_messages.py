"""Nothing is said in one language alone: every message has its translation, and the translation says the same."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog
from babel.messages import Message as Entry

from app import messages
from app.i18n import CATALOGS, LANGUAGES
from app.settings import PROJECT

OTHERS = list(LANGUAGES)[1:]
MARKUP = re.compile(r"<[^>]+>")
ENDINGS = ".:;?!…"


def catalog(language: str) -> Catalog:
    return messages.read_catalog(CATALOGS / f"{language}.po", language)


def pairs(language: str) -> list[tuple[str, str]]:
    """(message, translation); of one that depends on a number each form by itself."""
    return [pair for entry in catalog(language) if entry.id for pair in _forms(entry)]


def _forms(entry: Entry) -> Iterator[tuple[str, str]]:
    if isinstance(entry.id, str):
        yield entry.id, str(entry.string)
    else:
        yield from zip(entry.id, entry.string, strict=True)


def fields(message: str) -> list[tuple[str, str]]:
    """(name, format) of every {field}."""
    return sorted((name, spec or "") for _, name, spec, _ in Formatter().parse(message) if name is not None)


def has_fields(message: str) -> bool:
    """Words in braces are fields; JSON and the sets of mathematics are not."""
    return re.search(r"\{\w+[:}]", message) is not None


def ending(message: str) -> str:
    last = MARKUP.sub("", message).rstrip()[-1:]
    return last if last in ENDINGS else ""


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_has_a_translation(language: str) -> None:
    untranslated = [message for message, translation in pairs(language) if not translation.strip()]
    assert untranslated == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalog_is_what_make_messages_would_write(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(CATALOGS / f"{language}.po", tmp_path)
    monkeypatch.setattr(messages, "CATALOGS", tmp_path)
    messages.update(language, messages.messages())
    written = (tmp_path / f"{language}.po").read_text(encoding="utf-8")
    assert written == (CATALOGS / f"{language}.po").read_text(encoding="utf-8"), "run make messages"


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_a_guess_or_left_over(language: str) -> None:
    found = catalog(language)
    assert [entry.id for entry in found if entry.id and entry.fuzzy] == []
    assert list(found.obsolete) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_fields_of_its_message(language: str) -> None:
    translated = [pair for pair in pairs(language) if has_fields(pair[0]) or has_fields(pair[1])]
    assert [pair for pair in translated if fields(pair[0]) != fields(pair[1])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_markup_of_its_message(language: str) -> None:
    assert [pair for pair in pairs(language) if MARKUP.findall(pair[0]) != MARKUP.findall(pair[1])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_begins_and_ends_as_its_message_does(language: str) -> None:
    other_ends = [pair for pair in pairs(language) if ending(pair[0]) != ending(pair[1])]
    other_spaces = [pair for pair in pairs(language) if _outer_spaces(pair[0]) != _outer_spaces(pair[1])]
    assert (other_ends, other_spaces) == ([], [])


def _outer_spaces(message: str) -> tuple[bool, bool]:
    return message[:1].isspace(), message[-1:].isspace()


def test_every_message_of_the_code_is_found() -> None:
    """Babel overlooks a message inside of another one's arguments; a parser of Python does not."""
    known = {message if isinstance(message, str) else message[0] for message in messages.messages()}
    said = [(file, text) for folder in ("app", "ml") for file in _sources(folder) for text in _said(file)]
    assert [(file.name, text) for file, text in said if text not in known] == []


def _sources(folder: str) -> list[Path]:
    return sorted((PROJECT / folder).rglob("*.py"))


def _said(file: Path) -> Iterator[str]:
    """The first argument of every function that takes a message; for one that is no plain text, what it looks like."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name not in messages.KEYWORDS:
            continue
        if isinstance(node.args[0], ast.Constant | ast.JoinedStr | ast.BinOp):
            yield getattr(node.args[0], "value", None) or ast.unparse(node.args[0])


def test_a_formula_without_words_is_no_message() -> None:
    found = messages.messages()
    assert not {"max(0, s)", "N(0, 2 / fan_in)", "θ ← θ − η∇J", "α"} & found
    assert {"s if s > 0 else α (exp(s) − 1)", "by norm", "W Wᵀ = 1 or Wᵀ W = 1"} <= found
