"""The examples as the home page shows them. They never change, so each is drawn once in each language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app import svg
from app.diagnosis import Headline
from app.examples import EXAMPLES, Example
from app.examples.prepared import Prepared
from app.figures import FIGURES, PAGE
from app.figures.compare import gradient_flow
from app.i18n import gettext as _
from app.i18n import language
from app.thumbnails import thumbnail
from ml.records import RunRecord

LARGE = 2  # the first ones, which are compared with each other


@dataclass(frozen=True)
class Shown:
    """An example with its headline, its thumbnail and, of a large one, its figures."""

    example: Example
    told: Headline
    thumbnail: Markup
    figures: tuple[Markup, ...] = ()


class Showcase:
    """Every example with its pictures."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._drawn: dict[str, list[Shown]] = {}

    def shown(self) -> list[Shown]:
        """All of them in the language in force, the large ones first."""
        if language() not in self._drawn:
            self._drawn[language()] = list(self._draw())
        return self._drawn[language()]

    def _draw(self) -> Iterable[Shown]:
        runs = [run for example in EXAMPLES if (run := self._prepared.load(example.slug))]
        for place, (example, run) in enumerate(zip(EXAMPLES, runs, strict=True)):
            figures = tuple(map(Markup, _figures(run, runs[:LARGE]))) if place < LARGE else ()
            yield Shown(example, Headline.of(run), Markup(thumbnail(run).decode()), figures)


def _figures(run: RunRecord, beside: Sequence[RunRecord]) -> Iterable[str]:
    flow, error = gradient_flow(run, beside, PAGE), FIGURES["error"].draw(run, PAGE)
    error["layout"]["height"] = flow["layout"]["height"]  # they stand side by side
    yield svg.render(flow, _("Gradient that reaches each layer"))
    yield svg.render(error, f"{_(FIGURES['error'].title)}: {_(FIGURES['error'].subtitle)}")
