"""The Learn pages: each makes one point of the lecture, in the browser alone, and ends in a form filled in."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from markupsafe import Markup

from app.forms import plan_query
from app.i18n import gettext as _
from app.learn.entries import LEARN
from app.pages import may_launch, templates
from app.theme import DARK, LIGHT, RUN_COLOURS, run_dash
from ml.catalog import OPTIMIZERS
from ml.labs import LABS

router = APIRouter(prefix="/learn", include_in_schema=False)


@cache
def math(latex: str, block: bool = False) -> Markup:
    """A formula as MathML, which browsers draw and read aloud by themselves."""
    # Its table of symbols takes 7 MB: only where somebody reads a formula.
    from latex2mathml.converter import convert

    return Markup(convert(latex, display="block" if block else "inline"))


def palette() -> dict[str, list[str]]:
    """The colours and dashes of lines that are compared, for the pages' scripts."""
    numbers = range(RUN_COLOURS)
    return {
        "light": [LIGHT.run_colour(number) for number in numbers],
        "dark": [DARK.run_colour(number) for number in numbers],
        "dashes": [run_dash(number) for number in numbers],
    }


templates.env.globals |= {"math": math, "palette": palette, "optimizers": OPTIMIZERS}


@router.get("")
def index(request: Request) -> Response:
    """All pages, each with its point."""
    return templates.TemplateResponse(request, "learn/index.html", {"pages": LEARN})


@router.get("/{slug}")
def learn(request: Request, slug: str, hide: Annotated[str, Query(max_length=400)] = "") -> Response:
    """One page. The controls named in `hide` (with commas, or `all`) are left out: a teacher's link."""
    page = LEARN.get(slug)
    if page is None:
        raise HTTPException(404, _("There is no such page."))
    context = {
        "slug": slug,
        "page": page,
        "hide": set(filter(None, hide.split(","))),
        "labs": {name: lab for name, lab in LABS.items() if lab.learn == slug},
        "form": plan_query(page.spec.model_copy(update={"name": _(page.title)}), page.vary, 1),
        "may_launch": may_launch(request),
    }
    return templates.TemplateResponse(request, f"learn/{slug}.html", context)
