"""``/download``: a whole log as a file, piece by piece, however large it is."""

import re

from supervisor.errors import RequestRefused
from supervisor.hints import Callable
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import errors
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.mainlog import may_see_main_log
from supervisor.web.views.process import subject_of
from supervisor.web.views.sources import MAIN, STREAMS, LogSource, main_log, process_log, why_not

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class Download:
    """The log as it is when it is asked for. Implements `web.messages.EndingStream`."""

    __slots__ = ("_follower", "_left", "content_type", "headers", "is_finite", "status")

    def __init__(self, source: LogSource) -> None:
        """Raises RequestRefused."""
        begin, end = source.extent()
        # Followed, not read by its name: what is rotated meanwhile is still read to its end.
        self._follower = source.follow(lambda: None, begin)
        self._left = end - begin
        self.status, self.is_finite = 200, True
        self.content_type = "application/octet-stream"
        self.headers: tuple[tuple[str, str], ...] = (
            ("Content-Disposition", f'attachment; filename="{file_name(source)}"'),
            ("Cache-Control", "no-store"),
        )

    @property
    def is_over(self) -> bool:
        """Whether all of it has been read."""
        return self._left <= 0

    def on_growth(self, wake: Callable[[], None]) -> None:
        """What comes later is no part of it."""

    def read(self, max_bytes: int) -> bytes:
        """The next piece."""
        passage = self._follower.read(min(max_bytes, self._left))
        # A log that was cleared meanwhile ends here.
        self._left = self._left - len(passage.data) if passage.data and not passage.anew else 0
        return b"" if passage.anew else passage.data

    def close(self) -> None:
        """Release the file."""
        self._left = 0
        self._follower.close()


def file_name(source: LogSource) -> str:
    """Name of the file: safe to be one anywhere."""
    name = _UNFIT.sub("_", f"{source.namespec}-{source.stream}" if source.namespec else "main")
    return f"{name.lstrip('.-')}.log"


def view(request: Request, site: Site) -> Answer:
    """The file."""
    said = query_arguments(request)
    source = _source(request, site, said.get("name", ""), said.get("stream", ""))
    if source is None:
        return errors.not_found(request, site)
    try:
        return Download(source)
    except RequestRefused as refused:
        trouble = errors.Trouble(404, "There is no such log", why_not(source, refused))
        return errors.page(request, site, trouble)


def _source(request: Request, site: Site, name: str, stream: str) -> LogSource | None:
    if stream == MAIN and not name:
        logbook = site.gateway.services(request).logbook
        return main_log(logbook) if may_see_main_log(request) else None
    subject = subject_of(request, site, name)
    if subject is None or stream not in STREAMS:
        return None
    return process_log(subject.services.logbook, subject.process, stream)
