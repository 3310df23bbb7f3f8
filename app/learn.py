"""The Learn pages: each makes one point of the lecture, in the browser alone, and ends in a form filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from markupsafe import Markup

from app.forms import plan_query
from app.i18n import gettext as _
from app.pages import may_launch, templates
from app.theme import DARK, LIGHT, RUN_COLOURS, run_dash
from ml.catalog import OPTIMIZERS
from ml.labs import LABS
from ml.spec import RunSpec

router = APIRouter(prefix="/learn", include_in_schema=False)


@dataclass(frozen=True)
class LearnPage:
    """`title`, `point` (what is to be seen, in a sentence) and `real` (what is trained) are messages. `spec`, with what
    it varies, fills in the form that the page ends in."""

    title: str
    point: str
    real: str
    spec: RunSpec
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)


_SLOW: dict[str, Any] = {"optimizer": "sgd", "lr": 0.05}

# By the name in the address, in the order of the lecture; its template has the same name.
LEARN = {
    "backprop": LearnPage(
        "Back-propagation by hand",
        "Each weight learns from two numbers: the error above it, and the signal that came in below.",
        "A small sigmoid network on the digits, whose gradients you can follow layer by layer.",
        RunSpec(hidden=(8, 8), activation="sigmoid", init="xavier_uniform", **_SLOW),
    ),
    "activations": LearnPage(
        "Activations and their derivatives",
        "Where the derivative is almost zero, a unit passes no gradient on: it is saturated.",
        "The same network with five activations: see which of its units saturate.",
        RunSpec(hidden=(100,) * 4, init="xavier_uniform", **_SLOW),
        {"activation": ("sigmoid", "tanh", "softsign", "relu", "elu")},
    ),
    "signal": LearnPage(
        "The signal through twenty layers",
        "A few percent too much or too little in each layer, and after twenty the signal or its gradient is gone.",
        "Ten tanh layers, with the standard initialisation and with Glorot's.",
        RunSpec(hidden=(100,) * 10, activation="tanh", **_SLOW),
        {"init": ("standard", "xavier_uniform")},
    ),
    "cost-surfaces": LearnPage(
        "Two costs, two surfaces",
        "The quadratic cost is flat where the network is wrong and certain; cross-entropy still slopes there.",
        "One network, once with each cost: compare the first epochs.",
        RunSpec(hidden=(100,) * 5, activation="tanh", init="xavier_uniform", **_SLOW),
        {"loss": ("cross_entropy", "quadratic")},
    ),
    "optimizers": LearnPage(
        "Optimizers racing",
        "On the same surface and from the same point, the rule of the step decides who arrives.",
        "Seven rules for a step, at one learning rate and from the same weights.",
        RunSpec(hidden=(100,) * 3, lr=0.005, epochs=5),
        {"optimizer": ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam")},
    ),
    "dropout": LearnPage(
        "Dropout is an ensemble",
        "Every draw of dropout is another network; one pass without it stands for the mean of them all.",
        "Few examples, without dropout and with 20 and 50 %: watch the gap between training and validation.",
        RunSpec(hidden=(300, 100), train_size=200, epochs=40),
        {"dropout": (0.0, 0.2, 0.5)},
    ),
    "convolution": LearnPage(
        "Convolution against dense layers",
        "A convolution uses the same few weights at every place: thousands of times fewer than a dense layer.",
        "Two convolutions and a dense layer on the digits.",
        RunSpec(architecture="cnn", channels=(8, 16), hidden=(50,), dropout=0.2, epochs=15),
    ),
}


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
