"""Where a form leads back to: only ever to a page of ours, by a relative address."""

import re

from supervisor.web.messages import Request

PAGES = (
    "",
    "index.html",
    "process.html",
    "log.html",
    "events.html",
    "tail.html",
    "ends.html",
    "confirm.html",
    "clearlog",
)
"""Pages with something to come back to; the empty one is the status page. Those that ask are among
them: whoever has to sign in before he is asked is asked then."""

# The page comes first and has neither a slash nor a colon: whatever follows, it leads nowhere else.
_ADDRESS = re.compile(
    rf"(?:\./|{'|'.join(re.escape(page) for page in PAGES)})"
    r"(?:\?[A-Za-z0-9%=&+._~*!()'|:,/@-]*)?(?:#[A-Za-z0-9%._~-]*)?"
)
HOME = "./"
"""The status page, from any page: all of them are in one folder."""

_CHARS_MAX = 2000


_OF_NOTICES = ("message", "at", "sig")
"""Arguments that tell what became of an action: another one has its own."""


def way_back(address: str) -> str:
    """That address without a message if it is one of ours, else the status page."""
    if not address or len(address) > _CHARS_MAX or _ADDRESS.fullmatch(address) is None:
        return HOME
    address = _without_notice(address)
    return HOME + address if not address or address[0] in "?#" else address


def here(path: str, query: str) -> str:
    """Address of a page for `way_back`: its name and what it was asked, without a message."""
    return way_back(path.rpartition("/")[2] + (f"?{query}" if query else ""))


def came_from(request: Request) -> str:
    """The page of ours that a browser says it comes from; the status page if it says nothing."""
    path, _, query = (request.header(b"referer") or "").partition("#")[0].partition("?")
    return here(path, query)


def to_root(request: Request) -> str:
    """What leads from the address of a request to the folder of the pages: nothing, or ``../``.

    From the address as it was sent: a slash that is written ``%2F`` is none to the browser.
    """
    path = request.target.partition("?")[0]
    return "../" * (path.count("/") - 1) if path.startswith("/") else ""


def _without_notice(address: str) -> str:
    path, hash_, place = address.partition("#")
    name, _, query = path.partition("?")
    kept = "&".join(
        part for part in query.split("&") if part and part.partition("=")[0] not in _OF_NOTICES
    )
    return f"{name}{'?' if kept else ''}{kept}{hash_}{place}"
