"""What a mystery hides is no run to anybody else; its tokens are not kept."""

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app import store
from app.cache import RunCache
from app.store import Said
from app.training import train_and_save
from ml.spec import RunSpec
from tests.conftest import TINY

OTHER = TINY.model_copy(update={"lr": 0.02})
ANA = Said("Ana", "overfit", "adam")


def hide(session: Session, spec: RunSpec = TINY) -> tuple[str, str, str]:
    """The teacher's token, the mystery's id, and the id of its patient."""
    token, patient = store.create_mystery(session, spec, "Mystery patient 1", "overfit")
    assert patient.mystery_id is not None
    return token, patient.mystery_id, patient.id


def test_a_mystery_opens_by_either_token_and_each_shows_its_own_side(session: Session) -> None:
    token, mystery_id, _ = hide(session)
    of_class = store.class_token(token)
    teacher, classmate = store.open_as_teacher(session, token), store.open_as_class(session, of_class)
    assert teacher is not None
    assert classmate is not None
    assert teacher.id == classmate.id == mystery_id
    assert (teacher.title, teacher.fault) == ("Mystery patient 1", "overfit")
    assert store.open_as_teacher(session, of_class) is None
    assert store.open_as_class(session, token) is None


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "%", "é" * 9])
def test_a_token_that_nobody_was_given_opens_nothing(session: Session, token: str) -> None:
    hide(session)
    assert store.open_as_teacher(session, token) is None
    assert store.open_as_class(session, token) is None


@pytest.mark.sqlite
def test_both_tokens_have_192_bits_and_neither_is_in_the_database(session: Session, tmp_path: Path) -> None:
    token, _, _ = hide(session)
    session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("layerscope.db*"))
    for secret in (token, store.class_token(token)):
        assert len(secret) == 32  # of 6 bits each
        assert secret.encode() not in kept


def test_a_hidden_run_is_in_no_list_and_found_by_no_ordinary_reader(session: Session) -> None:
    seen = store.create_run(session, TINY)
    _, _, hidden = hide(session)
    assert [run.id for run in store.list_runs(session)] == [seen.id]
    assert [run.id for run in store.list_runs(session, q=hidden)] == []
    assert store.find_run(session, hidden) is None
    assert store.load_run(session, hidden) is None
    assert RunCache().load(session, hidden) is None
    assert store.ids_ending(session, hidden) == []
    assert store.ids_ending(session, hidden[-6:]) == []


def test_whoever_trains_sees_a_hidden_run_as_any_other(session: Session, engine: Engine) -> None:
    _, _, hidden = hide(session)
    assert store.active_runs(session) == [hidden]
    attempt = store.claim(session, hidden)
    assert attempt is not None
    train_and_save(engine, hidden, attempt)
    run = RunCache().load(session, hidden, store.find_any_run)
    assert run is not None
    assert (run.status, run.spec) == ("finished", TINY)
    assert run.steps == [0, 3, 6]


def test_the_cache_that_has_read_a_hidden_run_still_hides_it(session: Session) -> None:
    _, _, hidden = hide(session)
    cache = RunCache()
    assert cache.load(session, hidden, store.find_any_run) is not None
    assert cache.load(session, hidden) is None


def test_an_answer_has_a_run_of_its_own_kind(session: Session) -> None:
    _, mystery_id, patient = hide(session)
    answer, run = store.add_answer(session, mystery_id, patient, ANA, OTHER)
    assert run is not None
    assert (answer.run_id, run.spec, run.mystery_id, run.repair_of) == (run.id, OTHER, mystery_id, patient)
    assert store.mystery_runs(session, mystery_id) == [patient, run.id]
    assert store.find_run(session, run.id) is None
    found = store.find_patient(session, mystery_id)
    assert found is not None
    assert found.id == patient


def test_the_same_cure_is_tried_once_however_many_propose_it(session: Session) -> None:
    _, mystery_id, patient = hide(session)
    first, run = store.add_answer(session, mystery_id, patient, ANA, OTHER)
    second, nothing = store.add_answer(session, mystery_id, patient, ANA._replace(name="Luis"), OTHER)
    third, another = store.add_answer(session, mystery_id, patient, ANA._replace(cure="relu"), OTHER)
    assert nothing is None
    assert first.run_id == second.run_id
    assert run is not None
    assert another is not None
    assert third.run_id == another.id != run.id


def test_the_same_cure_of_another_patient_is_tried_anew(session: Session) -> None:
    _, mystery_id, patient = hide(session)
    _, other_id, other = hide(session)
    store.add_answer(session, mystery_id, patient, ANA, OTHER)
    _, run = store.add_answer(session, other_id, other, ANA, OTHER)
    assert run is not None


def test_a_cure_that_changes_nothing_makes_no_run(session: Session) -> None:
    _, mystery_id, patient = hide(session)
    answer, run = store.add_answer(session, mystery_id, patient, ANA, None)
    assert (answer.run_id, run) == (None, None)
    assert store.mystery_runs(session, mystery_id) == [patient]


def test_answers_are_listed_newest_first_and_found_within_their_mystery_alone(session: Session) -> None:
    _, mystery_id, patient = hide(session)
    _, other_id, _ = hide(session)
    first, second = (store.add_answer(session, mystery_id, patient, ANA, None)[0] for _ in range(2))
    assert [answer.id for answer in store.list_answers(session, mystery_id)] == [second.id, first.id]
    assert store.list_answers(session, other_id) == []
    assert store.find_answer(session, mystery_id, first.id) == first
    assert store.find_answer(session, other_id, first.id) is None
    assert store.answers_since(session, mystery_id, 0) == [first.created, second.created]
    assert store.answers_since(session, mystery_id, first.created) == [second.created]


def test_revealing_counts_once(session: Session) -> None:
    token, mystery_id, _ = hide(session)
    now = time.time()
    store.reveal(session, mystery_id, now)
    store.reveal(session, mystery_id, now + 60)
    mystery = store.open_as_teacher(session, token)
    assert mystery is not None
    session.refresh(mystery)
    assert mystery.revealed == now


def test_a_deleted_mystery_takes_its_runs_and_answers_along(session: Session) -> None:
    token, mystery_id, patient = hide(session)
    kept = store.create_run(session, TINY)
    store.add_answer(session, mystery_id, patient, ANA, OTHER)
    store.delete_mystery(session, mystery_id)
    session.expire_all()
    assert store.open_as_teacher(session, token) is None
    assert store.list_answers(session, mystery_id) == []
    assert store.active_runs(session) == [kept.id]
