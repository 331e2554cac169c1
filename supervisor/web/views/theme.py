"""Light or dark: as the system has it, unless the reader has chosen; a cookie remembers it."""

from supervisor.web.messages import Request, Response
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import way_back

COOKIE = "theme"
THEMES = ("", "dark", "light")
"""In the order in which the button goes through them; the first is that of the system."""

_YEAR_S = 365 * 24 * 60 * 60


def theme_of(request: Request) -> str:
    """The one that was chosen, empty for that of the system."""
    value = cookie(request, COOKIE)
    return value if value in THEMES else ""


def next_theme(theme: str) -> str:
    """What the button chooses."""
    return THEMES[(THEMES.index(theme) + 1) % len(THEMES)]


def choose(request: Request) -> Response:
    """``/theme``: remember the choice and go back. It changes nothing but how pages look."""
    said = arguments(request)
    theme = said.get("theme", "")
    theme = theme if theme in THEMES else ""
    cookie_line = f"{COOKIE}={theme}; Max-Age={_YEAR_S if theme else 0}; Path=/; SameSite=Lax"
    return Response(
        303,
        "text/plain",
        b"",
        (("Location", way_back(said.get("back", ""))), ("Set-Cookie", cookie_line)),
    )


def cookie(request: Request, name: str) -> str:
    """Value of a cookie, empty if it was not sent."""
    for line in (request.header(b"cookie") or "").split(";"):
        key, _, value = line.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""
