"""Passwords: of the class, of its teachers, and each student's own. The database holds their argon2 hashes alone;
that of the teachers, where it was made here, is a file that its owner alone may read."""

import hmac
import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlmodel import Session

from app import store
from app.settings import Settings

AT_ONCE = 2  # hashes that may be made at one time

# What OWASP asks of argon2id at least (Password Storage Cheat Sheet): 19 MiB and some 20 ms for each check.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """As it may be kept."""
    return _hasher.hash(_on_every_keyboard(password))


def matches(kept: str, attempt: str) -> bool:
    """Whether `kept` is the hash of this password."""
    try:
        return _hasher.verify(kept, _on_every_keyboard(attempt))
    except VerifyMismatchError:
        return False


def _on_every_keyboard(password: str) -> str:
    """Systems differ in how they encode the same letters."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """Those that the server itself asks for. That of the class is the setting until a teacher changes it; another
    setting at a later start is the newer word."""

    def __init__(self, settings: Settings) -> None:
        self._setting = settings.class_password
        self._setting_hash = hashed(self._setting)
        self._teachers = hashed(teacher_password(settings))
        self._key = secrets.token_bytes()
        self._was_right = ("", b"")

    def is_teachers(self, attempt: str) -> bool:
        return matches(self._teachers, attempt)

    def is_the_class(self, session: Session, attempt: str) -> bool:
        """What was right is known again at once, in half the time for a class that signs in together; what is wrong
        always takes its time."""
        known = self._in_force(session), hmac.digest(self._key, attempt.encode(), "sha256")
        if known != self._was_right and not matches(known[0], attempt):
            return False
        self._was_right = known
        return True

    def change(self, session: Session, password: str) -> None:
        """The class is asked for another one from now on; whoever is signed in has to sign in again."""
        store.change_class_password(session, hashed(password), self._setting_hash)

    def _in_force(self, session: Session) -> str:
        changed = store.class_password(session)
        if changed is None:
            return self._setting_hash
        if changed.setting_hash != self._setting_hash:  # of an earlier start
            if not matches(changed.setting_hash, self._setting):
                store.forget_class_password(session)
                return self._setting_hash
            self._setting_hash = changed.setting_hash  # as good as ours, and looked at no more
        return changed.password_hash


# --- what the server makes for itself ---


def teacher_password(settings: Settings) -> str:
    """The setting or, without one, what was made at the first start."""
    return settings.teacher_password or kept_secret(teacher_password_file(settings), lambda: secrets.token_hex(8))


def teacher_password_file(settings: Settings) -> Path:
    return settings.data_dir / "teacher-password"


def where_teachers_look(settings: Settings) -> str:
    """A line for the operator: where the password is that was made; empty where there is none."""
    if not settings.class_mode or settings.teacher_password:
        return ""
    teacher_password(settings)  # make it now, for whoever goes there at once
    return f"Teachers sign in with the password in {teacher_password_file(settings)}"


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """What was made once and is kept in this file, which its owner alone may read. It is there whole or not at all: an
    empty password would let everybody in."""
    kept = file.read_text().strip() if file.exists() else ""
    if kept:
        return kept
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, delete=False) as made:
        made.write(make())
    Path(made.name).replace(file)
    return file.read_text()
