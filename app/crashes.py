"""What nothing in the program expected: said in words, with the headers of every other answer, and in the log."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import gettext as _
from app.security import refuse
from ml.words import words

CRASHED = words("Something went wrong on the server. Try again; whoever runs it finds the reason in its log.")


class Crashes:
    """Answers, and raises the error again for the log. What the framework would answer passes by the Guard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            if scope["type"] == "http" and not begun:
                await refuse(scope, 500, _(CRASHED))(scope, receive, send)
            raise
