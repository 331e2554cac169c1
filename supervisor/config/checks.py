"""What loads but cannot work: looked for only when a file is checked.

A daemon that starts meets each of these where it matters, and tells it there; thousands of
programs must not pay at each start for questions that only a check asks.
"""

import os.path
import sys

from supervisor.config.document import Document
from supervisor.config.problems import Place, Problems
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.settings import Settings
from supervisor.config.surroundings import Surroundings
from supervisor.config.values import ChildLog, FileLog
from supervisor.hints import Iterator

SOCKET_PATH_BYTES_MAX = 107 if sys.platform == "linux" else 103
"""What the address of a unix socket holds (unix(7))."""

_TEMPORARY_NAME_BYTES_MAX = 8
"""A dot and a pid: the socket has such a name until it is complete."""

_OCTAL_KEYS = ("umask", "chmod", "socket_mode")


def check_settings(
    document: Document, settings: Settings, surroundings: Surroundings, problems: Problems
) -> None:
    """Add a refusal for everything that a daemon with these settings would fail at."""
    _check_texts(document, problems)
    _check_servers(document, settings, problems)
    _check_fcgi_sockets(document, settings, surroundings, problems)
    for place, path in _log_files(document, settings):
        if surroundings.is_dir(path):
            problems.refuse_in_check(f"{path} is a directory", place, expected="path of a file")


def _check_texts(document: Document, problems: Problems) -> None:
    for section in document.sections.values():
        for key, entry in section.entries.items():
            if "\0" in entry.text:
                problems.refuse_in_check(
                    "a NUL byte cannot be part of a value", section.place_of(key)
                )
            if key in _OCTAL_KEYS and entry.text.lstrip().startswith("-"):
                problems.refuse_in_check(
                    "mode bits cannot be negative",
                    section.place_of(key),
                    expected="mode bits in octal, such as 022",
                )


def _check_servers(document: Document, settings: Settings, problems: Problems) -> None:
    for server in settings.servers:
        section = document.sections[server.section]
        if server.kind == "inet":
            if not {"[", "]"}.isdisjoint(server.host):
                problems.refuse_in_check(
                    f"{server.host} is not an address: its brackets do not match",
                    section.place_of("port"),
                    expected="[ipv6]:port",
                )
        else:
            _check_socket_path(server.file, section.place_of("file"), problems)


def _check_fcgi_sockets(
    document: Document, settings: Settings, surroundings: Surroundings, problems: Problems
) -> None:
    owners: dict[str | tuple[str, int], str] = {}
    every = (process.fcgi for group in settings.groups for process in group.processes)
    sections = {fcgi.section: fcgi.socket for fcgi in every if fcgi is not None}
    for name, address in sections.items():
        assert address is not None, "a configuration without a socket line is refused"
        place = document.sections[name].place_of("socket")
        owner = owners.setdefault(address.path or (address.host, address.port), name)
        if owner != name:
            problems.refuse_in_check(
                f"[{owner}] has this socket, and only processes of one section can share it",
                place,
                expected="a socket for each section",
            )
        if address.path is None:
            continue
        _check_socket_path(address.path, place, problems)
        if surroundings.is_dir(address.path):
            problems.refuse_in_check(
                f"{address.path} is a directory", place, expected="path of a socket"
            )


def _check_socket_path(path: str, place: Place, problems: Problems) -> None:
    excess = _socket_path_bytes(path) - SOCKET_PATH_BYTES_MAX
    if excess > 0:
        problems.refuse_in_check(
            f"the path of the socket is {excess} bytes too long for the system",
            place,
            expected=f"a path of at most {SOCKET_PATH_BYTES_MAX} bytes",
        )


def _socket_path_bytes(path: str) -> int:
    """Length of the longest name that the socket has at any time."""
    temporary = len(os.path.dirname(path).encode("utf-8", "surrogateescape")) + 1
    return max(len(path.encode("utf-8", "surrogateescape")), temporary + _TEMPORARY_NAME_BYTES_MAX)


def _log_files(document: Document, settings: Settings) -> Iterator[tuple[Place, str]]:
    daemon = settings.supervisord
    section = document.sections.get("supervisord")
    if section is not None and isinstance(daemon.logfile, FileLog):
        yield section.place_of("logfile"), daemon.logfile.path
    for group in settings.groups:
        for process in group.processes:
            for key, log in _child_logs(process):
                if isinstance(log, FileLog):
                    place = document.sections[process.section].place_of(key)
                    yield place, os.path.join(daemon.child_log_base, log.path)


def _child_logs(process: ProcessSettings) -> Iterator[tuple[str, ChildLog]]:
    yield "stdout_logfile", process.stdout_logfile
    yield "stderr_logfile", process.stderr_logfile
