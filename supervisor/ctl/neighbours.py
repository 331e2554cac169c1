"""Which daemons run on this machine, as far as the process table tells."""

import os

from supervisor.hints import Sequence
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

_DAEMON_NAMES = ("supervisord", "supervisor.supervisord")
_NAME_WORDS_MAX = 4
"""`python -m supervisor.supervisord` and an interpreter with one option are seen, too."""


class Neighbour(NamedTuple):
    """A daemon and the configuration file on its command line, absolute, or None."""

    pid: int
    configfile: str | None


def is_daemon(words: Sequence[str]) -> bool:
    """True for the command line of a daemon, not for an editor that has its file open."""
    if not words:
        return False
    names = [os.path.basename(word) for word in words[:_NAME_WORDS_MAX]]
    if names[0].startswith(("python", "pypy")):
        return any(name in _DAEMON_NAMES for name in names)
    return names[0] in _DAEMON_NAMES


def config_argument(words: Sequence[str]) -> str | None:
    """The argument of `-c` or `--configuration` in a daemon's command line."""
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word in ("-c", "--configuration"):
            return following
        if word.startswith("--configuration="):
            return word.partition("=")[2]
    return None


def running_daemons() -> list[Neighbour]:
    """All daemons whose command line can be read, lowest pid first."""
    # Needed only when no daemon can be reached: 70 ms that no other command should pay.
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if not is_daemon(words):
            continue
        configfile = config_argument(words)
        if configfile is not None:
            with suppress(psutil.Error):
                configfile = os.path.join(process.cwd(), configfile)
        found.append(Neighbour(process.info["pid"], configfile))
    return sorted(found, key=lambda neighbour: neighbour.pid)
