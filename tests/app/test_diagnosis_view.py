from dataclasses import replace

import pytest

from app.diagnosis_view import ALL_KNOWN, Card, Diagnosis, diagnosis_view
from app.i18n import speaking
from app.page_state import PageState
from ml.records import RunRecord
from tests.records import make_dying, make_run

HEALTHY = {"hidden": (6, 5), "lr": 0.001}


def view(run: RunRecord, state: PageState | None = None) -> Diagnosis:
    found = diagnosis_view(run, state or PageState())
    assert found is not None
    return found


def card(run: RunRecord, rule: str, state: PageState | None = None) -> Card:
    return next(card for card in view(run, state).cards if card.rule == rule)


def test_a_finding_says_what_is_wrong_where_since_when_and_by_which_number() -> None:
    found = card(make_dying(5), "dead_units")
    assert (found.severity, found.title) == ("alarm", "Dead units")
    assert found.text.startswith("90\N{NO-BREAK SPACE}% of the units of layer 2")
    assert found.facts == ("Layer 2", "Since step 10, epoch 1")
    assert (found.measured, found.limit) == (
        "90\N{NO-BREAK SPACE}%",
        "above 50\N{NO-BREAK SPACE}% in 3 snapshots in a row",
    )


def test_the_receipt_explains_what_is_measured() -> None:
    found = card(make_dying(5), "dead_units")
    assert found.about[0].startswith("The share of a layer's units")
    assert "#units" in found.formula
    assert found.quantity == "Dead units in the worst layer"
    assert found.topic == "Dying ReLU"


def test_the_evidence_is_the_page_with_the_figure_in_sight_at_that_step() -> None:
    found = card(make_dying(5), "dead_units", PageState(ridge=True)).evidence
    assert found is not None
    assert (found.title, found.address) == ("Dead units", "?step=10&view=ridge#see-dead")


def test_proposals_say_what_changes_and_no_two_change_the_same() -> None:
    proposals = card(make_dying(5, lr=0.05), "dead_units").proposals
    assert proposals[0].cure == "usual_lr"
    assert proposals[0].changes == (("Learning rate η", "0.05", "0.001"),)
    assert len({one.changes for one in proposals}) == len(proposals)


def test_other_tools_judge_the_same_numbers() -> None:
    found = card(make_run(6, diverges_at=3), "diverged")
    judged = {one.tool: one for one in found.judgements}
    assert judged["SageMaker Debugger"].word == "complains"
    assert not set(judged) & set(found.silent.split(", "))
    assert len(judged) + len(found.silent.split(", ")) == 5


def test_the_first_finding_is_told_large() -> None:
    found = view(make_dying(5))
    assert (found.mood, found.title, found.text) == (found.cards[0].severity, found.cards[0].title, found.cards[0].text)


def test_a_run_without_findings_is_told_by_what_became_of_it() -> None:
    found = view(make_run(6, **HEALTHY))
    assert (found.mood, found.title) == ("good", "Nothing wrong found")
    assert "of the answers are wrong" in found.text
    assert view(replace(make_run(6, **HEALTHY), status="running")).title == "Nothing wrong so far"


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (make_run(0, status="queued"), "The first verdict comes with the first snapshot"),
        (make_run(2, status="running", epochs=9, **HEALTHY), f"comes after step {10 * ALL_KNOWN}"),
        (make_run(2, **HEALTHY), "the run has 2"),
    ],
    ids=["queued", "just begun", "short"],
)
def test_where_little_is_known_it_says_when_more_will_be(run: RunRecord, says: str) -> None:
    found = view(run)
    assert found.mood == "waiting"
    assert says in f"{found.text} {found.more}"


def test_before_the_first_snapshot_the_settings_are_judged() -> None:
    found = view(make_run(0, status="queued", dropout=0.7))
    assert found.title == "Dropout above one half"
    assert found.cards[0].evidence is None
    assert "first snapshot" in found.more


def test_a_run_that_ended_before_it_measured_anything_has_none() -> None:
    assert diagnosis_view(make_run(0, status="failed"), PageState()) is None


def test_it_is_told_in_spanish() -> None:
    with speaking("es"):
        found = card(make_dying(5), "dead_units")
    assert found.limit == "por encima de 50\N{NO-BREAK SPACE}% en 3 instantáneas seguidas"
    assert found.facts == ("La capa 2", "Desde el paso 10, época 1")
