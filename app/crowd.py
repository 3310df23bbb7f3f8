"""What a class may send through a link that anybody may have: so much, and not all at once; and who is signed in, of
their own."""

import time
from collections.abc import Sequence

from app.i18n import gettext as _
from app.models import Answer, Prediction
from app.viewer import Viewer

MOST_ANSWERS, MOST_OF_ONE = 200, 10
AT_ONCE, SECONDS = 40, 60  # answers that may come within so many seconds


class Declined(Exception):
    """The answer is not taken."""

    def __init__(self, status: int, reason: str, wait: int = 0) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.headers = {"Retry-After": str(wait)} if wait else {}


def check_own(viewer: Viewer | None, given: Sequence[Answer] | Sequence[Prediction]) -> None:
    """Raises Declined where the viewer has sent so many of those `given` that others would find no room."""
    count = sum(viewer is not None and one.owner_id == viewer.id for one in given)
    if count >= MOST_OF_ONE:
        raise Declined(409, _("You have answered {count} times already; no more are taken.", count=count))


def check_room(sent: Sequence[float]) -> None:
    """Raises Declined where no answer can be taken beside those `sent` at these times (seconds since 1970), oldest
    first."""
    if len(sent) >= MOST_ANSWERS:
        raise Declined(409, _("There are {count} answers already; no more are taken.", count=len(sent)))
    if len(sent) >= AT_ONCE and (wait := sent[-AT_ONCE] + SECONDS - time.time()) > 0:
        raise Declined(429, _("Many answers come at this moment. Send yours again in a minute."), int(wait) + 1)
