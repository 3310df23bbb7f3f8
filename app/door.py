"""Who comes in: a student by the class's password and one of their own, a teacher by the teachers'."""

from collections.abc import Mapping

from fastapi import Request
from sqlmodel import Session

from app import store
from app.attempts import Attempts
from app.i18n import gettext as _
from app.models import Member
from app.names import MOST_LETTERS, name_key, tidy
from app.passwords import Passwords, hashed, matches
from app.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD

TEACHER = "teacher"


class Declined(Exception):
    """Nobody is let in: what is wrong with which field."""

    def __init__(self, field: str, reason: str, status: int = 422, wait: int = 0) -> None:
        super().__init__(reason)
        self.field, self.reason, self.status = field, reason, status
        self.headers = {"Retry-After": str(wait)} if wait else {}


class Door:
    """One attempt to come in. What has to do with no password is looked at first, the password of the class next, and
    only then the name: nobody else learns which names there are."""

    def __init__(self, request: Request, session: Session, values: Mapping[str, str]) -> None:
        self._passwords: Passwords = request.app.state.passwords
        self._attempts: Attempts = request.app.state.attempts
        self._address = request.client.host if request.client else ""
        self._session, self._values = session, values

    def open(self) -> Member:
        """Raises Declined."""
        self._name = _name(self._values.get("name", ""))
        for field in ("own", "password"):
            if len(self._values.get(field, "")) > LONGEST_PASSWORD:
                raise Declined(field, _("A password has at most {count} characters.", count=LONGEST_PASSWORD))
        return self._teacher() if self._values.get("as") == TEACHER else self._student()

    def _teacher(self) -> Member:
        self._who = TEACHER  # whatever the name, it is the same password
        self._check_attempts()
        if not self._passwords.is_teachers(self._values.get("password", "")):
            raise self._wrong("password", _("That is not the teachers' password."))
        found = store.teacher_named(self._session, self._name)
        if found is None:
            raise Declined("name", _("A student has this name. Take another one."))
        return found

    def _student(self) -> Member:
        own, password = self._values.get("own", ""), self._values.get("password", "")
        if len(own) < SHORTEST_PASSWORD:
            raise Declined("own", _("Your own password has at least {count} characters.", count=SHORTEST_PASSWORD))
        self._who = f"student {name_key(self._name)}"
        self._check_attempts()
        if not self._passwords.is_the_class(self._session, password):
            raise self._wrong("password", _("That is not the class password."))
        found = store.find_member(self._session, self._name)
        if found is None or (found.role == "student" and found.password_hash is None):
            return self._first_time(own, password)
        return self._again(found, own)

    def _first_time(self, own: str, password: str) -> Member:
        if name_key(own) in (name_key(password), name_key(self._name)):
            raise Declined("own", _("Choose a password that others don't know: neither the class's nor your name."))
        if wait := self._attempts.seconds_until_a_name(self._address):
            said = _(
                "Many names were taken from your network in this hour. Try again in {count} min.", count=-(-wait // 60)
            )
            raise Declined("name", said, 429, wait)
        made = store.take_name(self._session, self._name, hashed(own))
        if made is None:
            raise Declined("name", _("Somebody has taken this name just now. Take another one."))
        return made

    def _again(self, found: Member, own: str) -> Member:
        if found.password_hash is None:
            raise Declined("name", _("A teacher has this name. Take another one."))
        if not matches(found.password_hash, own):
            said = _("Somebody has this name, with another password. If it is yours, a teacher can let you choose one.")
            raise self._wrong("own", said)
        return found

    def _check_attempts(self) -> None:
        if wait := self._attempts.seconds_to_wait(self._who, self._address):
            said = _("Too many wrong passwords. Try again in {count} s.", count=wait)
            raise Declined("password", said, 429, wait)

    def _wrong(self, field: str, reason: str) -> Declined:
        self._attempts.note_wrong(self._who, self._address)
        return Declined(field, reason, 403)


def _name(typed: str) -> str:
    """Raises Declined where nobody could be called so."""
    if len(" ".join(typed.split())) > MOST_LETTERS:
        raise Declined("name", _("A name has at most {count} characters.", count=MOST_LETTERS))
    name = tidy(typed)
    if not any(letter.isalnum() for letter in name):
        raise Declined("name", _("Say who you are: a name with letters."))
    return name
