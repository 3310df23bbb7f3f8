"""Who asks. Where others can reach the server everybody signs in; on this machine alone nobody does."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlmodel import Session

KEY = "viewer"  # in a session's info


@dataclass(frozen=True)
class Viewer:
    """A member who is signed in. `by_link`: what is asked for is opened by a link, whoever has it."""

    id: str
    name: str
    teaches: bool = False
    by_link: bool = False

    @property
    def sees_all(self) -> bool:
        return self.teaches or self.by_link

    def may_change(self, owned: Any) -> bool:
        """Whether something is the viewer's or, to a teacher, anybody's. What a lab trains is the class's: others have
        predicted about it, whoever was the first to ask for it."""
        of_a_lab = getattr(owned, "lab", None) or getattr(owned, "arm", None)
        return self.teaches or (owned.owner_id == self.id and not of_a_lab)


def viewer_of(session: Session) -> Viewer | None:
    """For whom this session reads and writes. None where nobody signs in, for a stranger behind a link, and in
    processes that serve nobody: everything is there then."""
    found: Viewer | None = session.info.get(KEY)
    return found


def who_asks(request: Request) -> Viewer | None:
    """None where nobody signs in, and for a stranger."""
    found: Viewer | None = getattr(request.state, "viewer", None)
    return found


def may_teach(request: Request) -> bool:
    """Whether the page offers what is for teachers: on one's own machine everybody is one."""
    viewer = who_asks(request)
    return viewer is None or viewer.teaches


def may_change(request: Request, owned: Any) -> bool:
    """Whether the page offers to change it."""
    viewer = who_asks(request)
    return viewer is None or viewer.may_change(owned)
