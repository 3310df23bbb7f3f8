"""Who asks. Where others can reach the server everybody signs in; on this machine alone nobody does."""

from dataclasses import dataclass

from sqlmodel import Session

KEY = "viewer"  # in a session's info


@dataclass(frozen=True)
class Viewer:
    """A member who is signed in."""

    id: str
    name: str
    teaches: bool = False


def viewer_of(session: Session) -> Viewer | None:
    """For whom this session reads and writes. None where nobody signs in, behind a link with a token, and in processes
    that serve nobody: everything is there then."""
    found: Viewer | None = session.info.get(KEY)
    return found
