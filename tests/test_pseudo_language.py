"""A language in which every message comes back in brackets: English that is left outside of them was never translated.

Only what stands between the {fields} of a message is bracketed, so a value in English is found as well.
"""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import i18n, store, wording
from app.certainty import certainty
from app.figures import FIGURES, PAGE
from app.i18n import gettext
from app.settings import Settings
from ml import catalog, opinions
from ml.records import RunRecord
from ml.spec import RunSpec
from ml.theory import without
from ml.transfer import misfit
from ml.words import words
from tests.lab_runs import TRIAL, end_lab
from tests.members import class_of, member, stranger
from tests.ml.test_problems import WRONG, found
from tests.records import make_dying, make_everything, make_run
from tests.saving import ORIGIN, save_run
from tests.signing_in import student
from tests.test_bare_text import SAME, Shown

# What is called the same in every language: settings and choices by their names in the JSON, layers, units.
TABLES = (
    catalog.ACTIVATIONS, catalog.ARCHITECTURES, catalog.BATCH_NORMS, catalog.CLIPS, catalog.DATASETS,
    catalog.INITIALISERS, catalog.LOSSES, catalog.OPTIMIZERS, catalog.SCALINGS,
)  # fmt: skip
NAMES = {*RunSpec.model_fields, "auto", "cpu", *(name for table in TABLES for name in table)}
ALLOWED = (
    SAME
    | NAMES
    | {"hidden", "output", "nats", "ln", "fan", "in", "out", "exp", "max", "cnn", "True", "CPU", "nan", "inf"}
)


def bracketed(message: str) -> str:
    """Every text of a message in brackets; its fields and its markup as they are."""
    parts = []
    for text, name, style, _ in Formatter().parse(message):
        pieces = re.split("(<[^>]*>)", text.replace("{", "{{").replace("}", "}}"))
        parts += [f"⟦{piece}⟧" if piece and not piece.startswith("<") else piece for piece in pieces]
        parts.append("" if name is None else f"{{{name}:{style}}}" if style else f"{{{name}}}")
    return "".join(parts)


class Brackets:
    def gettext(self, message: str) -> str:
        return bracketed(message) if re.search(r"\{\w*[:}]", message) else f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


pytestmark = pytest.mark.usefixtures("pseudo")


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_translations", lambda _: Brackets())


def english(text: str) -> set[str]:
    """Words outside of the brackets."""
    outside = re.sub("⟦[^⟦⟧]*⟧", " ", text)
    return set(re.findall("[^\\W\\d_]{2,}", re.sub(r"\b(\w+_)+\w+\b|'[^']*'|\b\w+\d\b|x{30,}", " ", outside))) - ALLOWED


def test_what_nobody_translated_is_found() -> None:
    assert english(gettext("a {what} of {count} layers", what="network", count=3)) == {"network"}
    assert english(gettext(words("a {what}", what=words("network")))) == set()


@pytest.mark.parametrize("row", WRONG, ids=[f"{row[0]}={row[1]!s:.20}" for row in WRONG])
def test_what_is_wrong_with_a_setting(row: tuple[Any, ...]) -> None:
    field, value, others, *_ = row
    [problem] = found(**others, **{field: value})
    assert english(wording.told(problem)) == set()


@pytest.mark.parametrize(
    "changes",
    [{"lr": None, "classes": ["x"]}, {"transfer_from": ""}, {"transfer_from": "x" * 50}, {"name": 5}, {"seed": "x"},
     {"transfer_from": "abc", "transfer_freeze": "perhaps"}, {"classes": "all"}, {"lr": [1]}, {"activation": {}}],
)  # fmt: skip
def test_what_is_wrong_with_the_kind_of_a_value(changes: dict[str, Any]) -> None:
    for problem in found(**changes):
        assert english(wording.told(problem)) == set()


def test_an_unknown_setting() -> None:
    [problem] = found(colour="red")
    assert english(wording.told(problem)) == {"colour"}


@pytest.mark.parametrize(
    "path",
    ["/figures/nonsense", "/figures/bands?layer=hidden9", "/figures/loss?step=-1", "/figures/loss?step=x",
     "/figures/loss?theme=x", "/histograms/nonsense"],
)  # fmt: skip
def test_what_the_api_refuses_to_read(client: TestClient, finished: str, path: str) -> None:
    names = {*re.findall("[A-Za-z]{2,}", " ".join(FIGURES)), "step", "theme", "signal"}
    detail = client.get(f"/api/runs/{finished}{path}").json()["detail"]
    said = [detail] if isinstance(detail, str) else [text for problem in detail for text in problem.values()]
    assert english(" ".join(said)) - names == set()


def test_other_refusals_of_the_api(client: TestClient, finished: str) -> None:
    for answer in (
        client.get("/api/runs/nope"), client.get("/api/nope"), client.put("/api/runs"),
        client.post("/api/runs", content="{"), client.post("/api/runs", json=[1]),
        client.post(f"/api/runs/{finished}/cancel"), client.delete("/api/shares/nope"),
        client.post("/api/runs", json={"transfer_from": "nope"}), client.get("/api/runs?limit=900"),
        client.post("/api/runs", content=" " * 2_000_000), client.get("/api/runs", headers={"Host": "elsewhere"}),
        client.post("/api/runs", json={}, headers={"Sec-Fetch-Site": "cross-site"}),
    ):  # fmt: skip
        detail = answer.json()["detail"]
        said = [detail] if isinstance(detail, str) else [text for problem in detail for text in problem.values()]
        assert answer.status_code >= 400
        assert english(" ".join(said)) - {"limit", "spec", "elsewhere"} == set(), detail


@pytest.mark.parametrize("path", ["/nope", "/runs/nope"])
def test_the_pages_of_what_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    shown = Shown()
    shown.feed(answer.text)
    assert answer.status_code == 404
    assert english(" ".join(shown.texts)) - {"EN", "ES", "English", "Español"} == set()


def test_a_run_in_one_line_and_in_a_table() -> None:
    everything = {
        "dropout": 0.5, "input_dropout": 0.1, "max_norm": 2.0, "weight_decay": 0.1, "batch_norm": "before",
        "loss": "quadratic", "clip": "norm", "transfer_from": "abc", "transfer_layers": 1, "mc_passes": 5,
    }  # fmt: skip
    for spec in (RunSpec(), RunSpec(**everything), RunSpec(architecture="cnn", transfer_from="abc", clip="value")):
        told = [
            wording.summary(spec),
            *(text for group, rows in wording.table(spec) for row in rows for text in (group, *row)),
        ]
        assert english(" ".join(told)) - {"abc"} == set()


def test_what_is_told_of_a_run() -> None:
    answers = certainty(make_everything())
    assert answers is not None
    told = [answers.sentence, *map(wording.status, wording.STATUSES), gettext(without(RunSpec(architecture="cnn")))]
    assert english(" ".join(told)) == set()


@pytest.mark.parametrize(
    "run",
    [
        make_dying(5, lr=0.05), make_run(4, diverges_at=2), make_run(6, hidden=(6, 5)), make_run(2, hidden=(6, 5)),
        make_run(0, status="queued"), make_run(0, status="queued", activation="linear", dropout=0.7),
    ],
)  # fmt: skip
def test_a_diagnosis(client: TestClient, session: Session, run: RunRecord) -> None:
    part = client.get(f"/api/runs/{save_run(session, run, run.status)}/diagnosis.html")
    shown = Shown()
    shown.feed(re.sub('<(p|td) class="formula".*?</(p|td)>', " ", part.text))
    assert english(" ".join(shown.texts)) - TOOLS == set()


TOOLS = set(re.findall("[A-Za-z]{2,}", " ".join(opinions.TOOLS.values())))


def test_the_pages_of_a_mystery(client: TestClient, session: Session) -> None:
    token, patient = store.create_mystery(session, make_run().spec, "⟦Case⟧", "dead_units")
    assert patient.mystery_id is not None
    said = store.Said("⟦Ana⟧", "overfit", "no_clip")
    answer, _ = store.add_answer(session, patient.mystery_id, patient.id, said, None)
    link = f"/m/{store.class_token(token)}"
    for page in ("/mystery/new", link, f"{link}/answers/{answer.id}", f"/m/teacher/{token}"):
        shown = Shown()
        shown.feed(re.sub(r'<dl>.*?</dl>|http://[^"< ]*', " ", client.get(page).text, flags=re.DOTALL))
        assert english(" ".join(shown.texts)) - LANGUAGE_CODES == set(), page


def test_the_overview_of_share_links(client: TestClient, session: Session) -> None:
    none = client.get("/shares").text
    run_id = save_run(session, make_run(3, name="⟦Mine⟧"))
    open_one, _ = store.create_share(session, run_id)
    ended, _ = store.create_share(session, run_id, expires=1.0)
    replaced = client.post(f"/shares/{open_one.id}/rotate", data={"page": "1"}).text
    refused = client.post(f"/shares/{ended.id}/rotate").text
    for page in (none, replaced, refused, client.get("/shares?page=2").text):
        shown = Shown()
        shown.feed(re.sub(r'<svg.*?</svg>|http://[^"< ]*', " ", page, flags=re.DOTALL))
        assert english(" ".join(shown.texts)) - LANGUAGE_CODES - {"HOST", "PUBLIC_URL"} == set()


@pytest.mark.usefixtures("trial")
def test_the_pages_of_a_lab(client: TestClient, session: Session) -> None:
    question = f"/labs/{TRIAL}"
    said = {"choice": "1", "name": "⟦Ana⟧"}
    result = client.post(question, data=said, headers=ORIGIN).headers["location"]
    wrong = client.post(question, data={"choice": "x"}, headers=ORIGIN).text
    trains = client.get(result).text
    end_lab(session, result.rpartition("/")[2], 500, 2, 700)
    for page in (wrong, trains, *(client.get(path).text for path in ("/labs", question, result, "/"))):
        shown = Shown()
        shown.feed(re.sub("<small>std .*?</small>", " ", page))  # the formula of its measure
        assert english(" ".join(shown.texts)) - LANGUAGE_CODES == set()


LANGUAGE_CODES = {"EN", "ES", "English", "Español"}


@pytest.mark.usefixtures("trial")
def test_the_pages_of_a_class(settings: Settings) -> None:
    with class_of(settings) as app:
        ana, teacher = member(app, "⟦Ana⟧"), member(app, "⟦Ms Glorot⟧", teaches=True)
        ana.post("/api/runs", json={"name": "⟦Hers⟧", "hidden": [4], "epochs": 1})
        lab = ana.post(f"/labs/{TRIAL}", data={"choice": "1"}).headers["location"].rpartition("/")[2]
        link = teacher.post("/mystery/new", data={"title": "⟦Case⟧"}).headers["location"].rpartition("/")[2]
        ana.post(f"/m/{store.class_token(link)}/answers", data={"rule": "overfit", "cure": "no_clip"})
        overview = teacher.get("/teacher").text
        found = re.findall(r'href="(/teacher/(?:mysteries|members)/[^"]+)"', overview)
        answers = [
            *(teacher.get(path) for path in ("/teacher", f"/teacher/labs/{lab}", *found)),
            teacher.post("/teacher/password", data={"password": "short"}), ana.get("/teacher"),
            *(stranger(app).get(path) for path in ("/sign-in", "/sign-in?as=teacher")),
            *(stranger(app).post("/sign-in", data=data) for data in ({}, student(own="x"), student(password="no"))),
        ]  # fmt: skip
    for answer in answers:
        shown = Shown()
        shown.feed(re.sub('<code>.*?</code>|<small>std .*?</small>|title="[^"]* UTC"', " ", answer.text))
        assert english(" ".join(shown.texts)) - LANGUAGE_CODES - {"GB", "KB", "¹⁵"} == set(), answer.url


def test_why_layers_do_not_fit() -> None:
    small, large = RunSpec(hidden=(5,), transfer_from="a", transfer_layers=1), RunSpec(hidden=(9, 9))
    reason = misfit(small, large)
    assert reason is not None
    assert english(gettext(reason)) == set()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("run", [make_everything(), make_run(4, diverges_at=2), make_run(0, status="running")])
def test_what_a_figure_draws(name: str, run: RunRecord) -> None:
    drawn = FIGURES[name].draw(run, PAGE)
    assert english(re.sub("<[^>]*>|%{[^}]*}", " ", " ".join(_texts(drawn)))) - LAYERS == set()


LAYERS = {"hidden", "layer"}


def _texts(drawn: Any) -> Iterator[str]:
    """Every text of Plotly's figure that a reader sees."""
    for key, value in drawn.items() if isinstance(drawn, dict) else enumerate(drawn):
        if isinstance(value, dict | list):
            yield from _texts(value)
        elif isinstance(value, str) and key in ("text", "name", "hovertemplate", "ticksuffix"):
            yield value


@pytest.mark.parametrize("name", FIGURES)
def test_what_is_said_about_a_figure(name: str) -> None:
    figure = FIGURES[name]
    told = [figure.title, figure.subtitle, *figure.about]
    assert english(" ".join(map(gettext, told))) == set()
