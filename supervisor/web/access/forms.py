"""Tokens in forms: a page of somebody else cannot know them, so it cannot send our forms (CSRF).

A token is computed from a key that lives as long as the daemon, who the caller is, and the session
he has. Nothing is stored: however many pages are open, they cost nothing.
"""

from supervisor.web.access.digests import keyed_text, matches, random_key
from supervisor.web.access.sessions import SessionStore
from supervisor.web.messages import Request

STALE = (
    "This form was made before the daemon was restarted, before you signed in, or by another page:"
    " nothing was done. Reload the page and try again."
)


class FormTokens:
    """Implements `web.site.Forms`."""

    __slots__ = ("_key", "_sessions")

    def __init__(self, sessions: SessionStore) -> None:
        self._key = random_key()
        self._sessions = sessions

    def token(self, request: Request) -> str:
        """What the forms of a page for this caller carry."""
        caller = request.caller
        session = self._sessions.id_of(request) if caller.how == "session" else ""
        return keyed_text(self._key, caller.how, caller.name, session)

    def check(self, request: Request, token: str) -> str | None:
        """None if a form with that token is to be believed, else why not."""
        right = self.token(request).encode("ascii")
        return None if matches(token.encode("utf-8", "replace"), right) else STALE
