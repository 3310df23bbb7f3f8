import time

import pytest
from sqlmodel import Session, select

from app import store
from app.models import Member, SignIn
from app.store import members
from app.viewer import KEY, Viewer
from ml.labs import LABS
from tests.conftest import TINY
from tests.lab_runs import TRIAL


@pytest.fixture
def her(session: Session) -> Member:
    found = store.take_name(session, "Ana", "her hash")
    assert found is not None
    return found


def as_her(session: Session, member: Member) -> None:
    session.info[KEY] = Viewer(member.id, member.name)


def test_a_name_is_whose_who_comes_first(session: Session, her: Member) -> None:
    assert store.take_name(session, " ANA ", "another hash") is None
    found = store.find_member(session, "ana")
    assert found is not None
    assert (found.id, found.name, found.password_hash, found.role) == (her.id, "Ana", "her hash", "student")


@pytest.mark.usefixtures("her")
def test_a_teacher_and_a_student_are_not_of_one_name(session: Session) -> None:
    assert store.teacher_named(session, "Ana") is None
    yoshua = store.teacher_named(session, "Yoshua")
    assert yoshua is not None
    assert yoshua.role == "teacher"
    assert store.take_name(session, "yoshua", "hash") is None
    again = store.teacher_named(session, "YOSHUA")
    assert again is not None
    assert again.id == yoshua.id


def test_a_token_is_whose_who_signed_in_until_they_sign_out(session: Session, her: Member) -> None:
    token, other = store.sign_in(session, her.id), store.sign_in(session, her.id)
    assert token not in [row.token_hash for row in session.exec(select(SignIn))]
    assert store.signed_in(session, token) == her
    store.sign_out(session, token)
    assert store.signed_in(session, token) is None
    assert store.signed_in(session, other) == her
    assert store.signed_in(session, "") is None


def test_nobody_stays_signed_in_for_ever(session: Session, her: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = store.sign_in(session, her.id), time.time()
    monkeypatch.setattr(members.time, "time", lambda: now + store.SIGN_IN_SECONDS + 60)
    assert store.signed_in(session, token) is None
    store.sign_in(session, her.id)
    assert len(session.exec(select(SignIn)).all()) == 1


def test_the_last_sign_in_is_noted(session: Session, her: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members.time, "time", lambda: 4e9)
    store.sign_in(session, her.id)
    session.refresh(her)
    assert her.seen == 4e9


def test_who_is_removed_leaves_runs_and_no_way_in(session: Session, her: Member) -> None:
    as_her(session, her)
    run = store.create_run(session, TINY)
    share = store.create_share(session, run.id)[1]
    token = store.sign_in(session, her.id)
    session.info.clear()
    assert store.remove_student(session, her.id)
    assert store.signed_in(session, token) is None
    assert store.open_share(session, share) is None
    assert store.find_run(session, run.id) is not None
    assert store.find_member(session, "Ana") is None
    assert store.take_name(session, "Ana", "hash") is not None
    assert not store.remove_student(session, her.id)


@pytest.mark.usefixtures("trial")
def test_the_links_to_a_removed_students_reports_are_closed_and_those_of_others_stay(
    session: Session, her: Member
) -> None:
    experiment, [run, *_] = store.create_lab(session, TRIAL, "Trial", LABS[TRIAL].arms, (0,))
    as_her(session, her)
    mine = store.add_prediction(session, experiment.id, "Ana", 0)
    session.info.clear()
    other = store.add_prediction(session, experiment.id, "Bea", 0)
    tokens = [store.create_report_share(session, one.id)[1] for one in (mine, other)]
    of_run = store.create_share(session, run.id)[1]
    store.remove_student(session, her.id)
    assert [store.open_share(session, token) is not None for token in (*tokens, of_run)] == [False, True, True]


def test_who_may_choose_a_new_password_keeps_the_name(session: Session, her: Member) -> None:
    token = store.sign_in(session, her.id)
    assert store.forget_password(session, her.id)
    assert store.signed_in(session, token) is None
    again = store.take_name(session, "ANA", "new hash")
    assert again is not None
    assert (again.id, again.name, again.password_hash) == (her.id, "Ana", "new hash")
    assert store.take_name(session, "Ana", "a third") is None


def test_a_teacher_has_no_password_of_their_own_to_be_forgotten(session: Session) -> None:
    yoshua = store.teacher_named(session, "Yoshua")
    assert yoshua is not None
    assert not store.forget_password(session, yoshua.id)
    assert not store.forget_password(session, "nobody")
