from pathlib import Path

import pytest
from sqlmodel import Session

from app import passwords, store
from app.passwords import Passwords, hashed, kept_secret, matches, teacher_password, where_teachers_look
from app.settings import Settings
from tests.members import class_settings
from tests.signing_in import PASSWORD, TEACHERS


@pytest.fixture
def with_class(settings: Settings) -> Settings:
    return class_settings(settings)


def another(settings: Settings, password: str) -> Passwords:
    """As after a restart with this setting."""
    return Passwords(settings.model_copy(update={"class_password": password}))


def test_only_an_argon2_hash_of_a_password_is_kept() -> None:
    kept = hashed("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hashed("correct horse")
    assert matches(kept, "correct horse")
    assert not matches(kept, "correct horse ")
    assert not matches(kept, "")


def test_the_same_letters_are_the_same_password_on_every_keyboard() -> None:
    assert matches(hashed("contrasen\u0303a"), "contraseña")


def test_the_teachers_password_and_that_of_the_class_open_their_own_door_alone(
    with_class: Settings, session: Session
) -> None:
    known = Passwords(with_class)
    assert known.is_teachers(TEACHERS)
    assert not known.is_teachers(PASSWORD)
    assert known.is_the_class(session, PASSWORD)
    assert not known.is_the_class(session, TEACHERS)


def test_what_was_right_is_known_again_and_what_is_wrong_is_not(
    with_class: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Passwords(with_class)
    assert known.is_the_class(session, PASSWORD)
    known.change(session, "next term")
    assert not known.is_the_class(session, PASSWORD)
    assert known.is_the_class(session, "next term")
    monkeypatch.setattr(passwords, "matches", lambda _kept, _attempt: False)
    assert known.is_the_class(session, "next term")
    assert not known.is_the_class(session, "next term ")
    assert not known.is_the_class(session, PASSWORD)


def test_a_changed_class_password_outlives_a_restart(with_class: Settings, session: Session) -> None:
    Passwords(with_class).change(session, "next term")
    for _ in range(2):
        again = Passwords(with_class)
        for _ in range(2):
            assert again.is_the_class(session, "next term")
            assert not again.is_the_class(session, PASSWORD)


def test_another_setting_is_the_newer_word_and_the_first_one_does_not_bring_it_back(
    with_class: Settings, session: Session
) -> None:
    Passwords(with_class).change(session, "next term")
    newer = another(with_class, "bengio")
    assert newer.is_the_class(session, "bengio")
    assert not newer.is_the_class(session, "next term")
    assert Passwords(with_class).is_the_class(session, PASSWORD)


def test_a_changed_class_password_signs_everybody_out(with_class: Settings, session: Session) -> None:
    ana = store.take_name(session, "Ana", "hash")
    assert ana is not None
    token = store.sign_in(session, ana.id)
    Passwords(with_class).change(session, "next term")
    assert store.signed_in(session, token) is None


def test_the_teachers_password_is_made_once_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    made = teacher_password(settings)
    assert len(made) == 16
    assert teacher_password(settings) == made
    assert (tmp_path / "teacher-password").stat().st_mode & 0o777 == 0o600
    assert teacher_password(settings.model_copy(update={"data_dir": tmp_path / "other"})) != made


def test_a_setting_goes_before_the_teachers_password_that_was_made(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, teacher_password=TEACHERS)
    assert teacher_password(settings) == TEACHERS
    assert not (tmp_path / "teacher-password").exists()


def test_the_operator_is_told_where_the_password_is_and_never_what(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, host="0.0.0.0", class_password=PASSWORD)
    line = where_teachers_look(settings)
    assert line == f"Teachers sign in with the password in {tmp_path / 'teacher-password'}"
    assert (tmp_path / "teacher-password").read_text() not in line
    assert where_teachers_look(settings.model_copy(update={"teacher_password": TEACHERS})) == ""
    assert where_teachers_look(settings.model_copy(update={"host": "127.0.0.1"})) == ""


@pytest.mark.parametrize("left", ["", "\n"])
def test_a_file_that_was_left_empty_is_no_password(tmp_path: Path, left: str) -> None:
    """As where the disk was full when it was made."""
    (tmp_path / "teacher-password").write_text(left)
    made = teacher_password(Settings(_env_file=None, data_dir=tmp_path))
    assert len(made) == 16
    assert [file.name for file in tmp_path.iterdir()] == ["teacher-password"]
    assert (tmp_path / "teacher-password").read_text() == made
    assert (tmp_path / "teacher-password").stat().st_mode & 0o777 == 0o600


def test_a_secret_is_what_the_file_says_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("typed by hand\n")
    assert kept_secret(tmp_path / "secret", lambda: "never") == "typed by hand"
