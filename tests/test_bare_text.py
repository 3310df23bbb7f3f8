"""No page and no script says anything past the translations: what stands in a template or a script is a message."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.jslexer import tokenize
from jinja2 import Environment, nodes

from app.settings import PROJECT

TEMPLATES = sorted((PROJECT / "templates").rglob("*.html"))
SCRIPTS = sorted((PROJECT / "static").rglob("*.js"))

# Names, units and symbols that are the same in every language.
SAME = {"Layerscope", "Glorot", "He", "PNG", "CSV", "JSON", "URL", "QR", "Plotly", "MB", "SVG", "min", "ms", "px"}
SHOWN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-valuetext", "placeholder", "title"}
TRANSLATORS = {"_", "_html", "ngettext"}
EXPRESSION = "\N{OBJECT REPLACEMENT CHARACTER}"


class Shown(HTMLParser):
    """Collects what a reader of the page sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def has_words(text: str) -> bool:
    return bool(set(re.findall("[^\\W\\d_]{2,}", text)) - SAME)


def bare_texts(source: str) -> list[str]:
    """What a template says without a translator: between its expressions, and in their strings."""
    tree = Environment().parse(source)
    texts = (re.sub(r'[\w-]+="[^"]*"', "", text).strip() for text in (*_between(tree), *_in_expressions(tree)))
    return [text for text in texts if has_words(text)]


def _between(tree: nodes.Template) -> list[str]:
    shown = Shown()
    shown.feed("".join(part.data if isinstance(part, nodes.TemplateData) else EXPRESSION for part in _output(tree)))
    shown.close()
    return shown.texts


def _output(node: nodes.Node) -> Iterator[nodes.Node]:
    """Pieces of text and expressions, in the order of the page."""
    for child in node.iter_child_nodes():
        if isinstance(node, nodes.Output):
            yield child
        else:
            yield from _output(child)


def _in_expressions(node: nodes.Node) -> Iterator[str]:
    """Strings of three words or more, or that begin as a sentence does; fewer may be the names of classes."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATORS:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _is_sentence(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _in_expressions(child)


def _is_sentence(text: str) -> bool:
    return (
        re.search(r"^[A-Z][a-z]+(?![\w-])|[A-Za-z]{2,},? [a-z]{2,},? [a-z]{2,}", re.sub("<[^>]*>", "", text))
        is not None
    )


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_says_everything_through_the_translations(file: Path) -> None:
    found = bare_texts(file.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Hello</p>", "Hello"),
        ('<img alt="A picture">', "A picture"),
        ('<input aria-label="Name of {{ x }}">', f"Name of {EXPRESSION}"),
        ('{{ x or "not known yet" }}', "not known yet"),
        ('{% if x %}{% set word = "Pause" %}{% endif %}', "Pause"),
        ('{{ _("kept") }} left', f"{EXPRESSION} left"),
    ],
)
def test_bare_text_in_a_template_is_found(source: str, text: str) -> None:
    assert bare_texts(source) == [text]


def test_what_is_translated_or_not_shown_is_not_bare() -> None:
    assert bare_texts('<a class="plain" href="/new">{{ _("New one") }}</a> · {{ count }} px <style>a {}</style>') == []


# --- scripts ---

KEYS = {"Arrow", "End", "Enter", "Escape", "Home", "Space", "Tab"}
NOT_SHOWN = {"Error"}  # functions whose text goes to the console
FILE_NAMES = {f"step {EXPRESSION}"}  # parts of what a download is called


def bare_strings(script: str) -> list[str]:
    """Strings of a script that read as language and are not the argument of `_`."""
    found, before, called = [], "", ""
    for token in tokenize(script, jsx=False):
        if token.type in ("string", "template_string"):
            text = re.sub(r"\$\{[^}]*\}", EXPRESSION, token.value[1:-1])
            if text not in FILE_NAMES and _reads_as_language(text) and called not in TRANSLATORS | NOT_SHOWN:
                found.append(text)
        called = before if token.value == "(" else ""
        before = token.value
    return found


def _reads_as_language(text: str) -> bool:
    """A capitalised word, or words between spaces; selectors, addresses and Plotly's names have other marks."""
    if text in KEYS or re.search(r"[#\[\]=<>/_]|\w\.\w|^\.|:\w", text):
        return False
    sentence = re.match("[A-Z][a-z]+([ .,:;!?]|$)", text)
    words = re.findall(rf"(?:^|[ {EXPRESSION}])([a-z]{{2,}})(?=[ {EXPRESSION},.:;]|$)", text)
    between_values = EXPRESSION in text and " " in text and set(words) - SAME
    return bool(sentence or between_values or len(words) > 2)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_a_script_says_everything_through_the_translations(file: Path) -> None:
    found = bare_strings(file.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize(
    "script",
    ['b.textContent = "Copied."', 'b.setAttribute("aria-label", "Play")', "x = `about ${n} left`", 'say("Play")'],
)
def test_bare_text_in_a_script_is_found(script: str) -> None:
    assert len(bare_strings(script)) == 1


@pytest.mark.parametrize(
    "script",
    [
        'b.textContent = _("Copied.")', 'throw new Error("It broke down here")', 'find("main > ul li")',
        'key === "Escape"', "fetch(`/runs/${id}?step=${step}`)", 'x.className = "button primary"',
        "x = `${h} h ${m} min`",
    ],
)  # fmt: skip
def test_what_a_script_does_not_show_is_not_bare(script: str) -> None:
    assert bare_strings(script) == []
