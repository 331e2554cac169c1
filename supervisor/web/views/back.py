"""Where a form leads back to: only ever to a page of ours, by a relative address."""

import re

PAGES = ("", "index.html", "process.html", "log.html", "events.html", "tail.html")
"""Pages with something to come back to; the empty one is the status page."""

_ADDRESS = re.compile(
    r"(?:\./|(?:index|process|log|events|tail)\.html)?"
    r"(?:\?[A-Za-z0-9%=&+._~*!()'-]*)?(?:#[A-Za-z0-9%._~-]*)?"
)
HOME = "./"
"""The status page, from any page: all of them are in one folder."""

_CHARS_MAX = 2000


def way_back(address: str) -> str:
    """That address if it is one of ours, else the status page."""
    if not address or len(address) > _CHARS_MAX or _ADDRESS.fullmatch(address) is None:
        return HOME
    return HOME + address if address[0] in "?#" else address


def here(path: str, query: str) -> str:
    """Address of a page for `way_back`: its name and what it was asked, without a message."""
    name = path.rpartition("/")[2]
    kept = "&".join(
        part
        for part in query.split("&")
        if part and part.partition("=")[0] not in ("message", "at", "sig")
    )
    return way_back(name + (f"?{kept}" if kept else ""))
