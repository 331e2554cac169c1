"""Everything about a child that can be decided before there is one.

The command is split and looked up, and the environment made, in the daemon; the child itself only
carries out the plan. Rules of the lookup: manual, "Command lookup"; of the environment: manual,
"Subprocess environment".
"""

import errno
import os
import stat

from supervisor.errors import SpawnError
from supervisor.hints import Final, Mapping, Sequence
from supervisor.tuples import NamedTuple

DEFAULT_SEARCH_PATH = "/bin:/usr/bin:/usr/local/bin"
"""Where commands are looked for if nobody has set PATH."""

SPLITS_COUNT_MAX: Final = 16
"""Commands whose words are kept."""

_OTHER_BLANKS = "\t\r\n"
"""Beside the space."""


class ChildPlan(NamedTuple):
    """What `Kernel.spawn` needs to know."""

    name: str
    """Of the process, for messages."""
    file: str
    """Path to execute, as `resolve_command` returned it."""
    argv: Sequence[str]
    env: Mapping[str, str | bytes]
    stdin_fd: int
    stdout_fd: int
    stderr_fd: int
    """May be the same as `stdout_fd`."""
    cwd: str | None = None
    """None: the daemon's own."""
    umask: int | None = None
    """None: the daemon's own."""
    uid: int | None = None
    """None, or our own: nothing about users and groups is changed."""
    gid: int | None = None
    groups: tuple[int, ...] = ()
    restore_signals: bool = False
    """False: SIGPIPE and SIGXFSZ are ignored in the child, as programs have always found them."""


def split_command(command: str) -> list[str]:
    """The words of a command by the rules of the POSIX shell for blanks, quotes and backslashes.

    Raises SpawnError for an unclosed quotation, and if there is no word at all.
    """
    if "'" in command or '"' in command or "\\" in command:
        words = list(_SPLITS[command])
    else:
        words = [word for word in _pieces(command) if word]
    if not words:
        raise _refused("command is empty", errno.ENOENT)
    return words


class _Splits(dict[str, tuple[str, ...]]):
    """The words of commands with quotations or backslashes, of the last ones that were split.

    What is started is mostly what was started before, and to split ``sh -c '...'`` was a 20th of
    what the daemon does from its end to its next start.
    """

    def __missing__(self, command: str) -> tuple[str, ...]:
        words = _split_by_shell_rules(command) if "\\" in command else _split_quoted(command)
        self[command] = tuple(words)
        if len(self) > SPLITS_COUNT_MAX:
            del self[next(iter(self))]
        return self[command]


_SPLITS: Final = _Splits()


def _split_by_shell_rules(command: str) -> list[str]:
    # Late: few commands need it; `daemon.preload` loads it before privileges are dropped.
    import shlex

    try:
        return shlex.split(command)
    except ValueError as error:
        raise _unparsable(command, str(error)) from None


def _split_quoted(command: str) -> list[str]:
    """The words of a command without a backslash: a quotation goes to the next sign of its kind.

    `shlex` looks at each character by itself: for ``sh -c '...'`` of 60 characters that was more
    than a third of what the daemon does for a run.
    """
    words: list[str] = []
    word: str | None = None
    rest = command
    while True:
        at = min((at for at in (rest.find("'"), rest.find('"')) if at >= 0), default=len(rest))
        first, *others = _pieces(rest[:at])
        if first:
            word = (word or "") + first
        for piece in others:
            if word is not None:
                words.append(word)
            word = piece or None
        if at == len(rest):
            break
        quoted, end, rest = rest[at + 1 :].partition(rest[at])
        if not end:
            raise _unparsable(command, "No closing quotation")
        word = (word or "") + quoted
    return words if word is None else [*words, word]


def _pieces(text: str) -> list[str]:
    """What is between blanks, also where that is nothing."""
    for blank in _OTHER_BLANKS:
        if blank in text:
            text = text.replace(blank, " ")
    return text.split(" ")


def search_path(settings: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The PATH to search: the program's own setting, else the daemon's, else the default.

    An empty setting is one, too: it means the directory of the program, as an empty entry does.
    """
    own = settings.get("PATH")
    return own if own is not None else environ.get("PATH") or DEFAULT_SEARCH_PATH


def resolve_command(word: str, path: str, directory: str | None = None) -> str:
    """Absolute path of the file that the first word of a command means.

    A word with a slash is looked up in `directory`, where it will be executed, any other one in
    the entries of `path`; there the first file that can be executed wins. Raises SpawnError with
    step "command" and errno ENOENT, EISDIR, EACCES (no right to) or ENOEXEC (nobody has).
    """
    if "/" in word:
        candidate = word if word[0] == "/" else os.path.join(_base(directory), word)
        refusal = _refusal(candidate, word)
        if refusal is not None:
            raise refusal
        return candidate
    base, first_refusal = _base(directory), None
    for entry in path.split(os.pathsep):
        candidate = os.path.join(base, entry, word)
        refusal = _refusal(candidate, candidate)
        if refusal is None:
            return candidate
        if refusal.errno != errno.ENOENT and first_refusal is None:
            first_refusal = refusal
    raise first_refusal or _refused(f"can't find command '{word}'", errno.ENOENT)


def _base(directory: str | None) -> str:
    """Where relative names begin."""
    return os.getcwd() if directory is None else os.path.join(os.getcwd(), directory)


def encoded(environ: Mapping[str, str]) -> dict[str, str | bytes]:
    """The same with values as the system has them: otherwise they are encoded for each child."""
    return {name: os.fsencode(value) for name, value in environ.items()}


def child_environment(
    environ: Mapping[str, str | bytes],
    *,
    process: str,
    group: str,
    server_url: str | None,
    settings: Mapping[str, str],
) -> dict[str, str | bytes]:
    """The environment of a child: later ones win.

    `environ` is the daemon's own, `settings` the `environment` of [supervisord] with that of the
    program laid over it. Without a `server_url` the variable stays as the daemon found it.
    """
    environment = dict(environ)
    environment["SUPERVISOR_ENABLED"] = "1"
    if server_url:
        environment["SUPERVISOR_SERVER_URL"] = server_url
    environment["SUPERVISOR_PROCESS_NAME"] = process
    environment["SUPERVISOR_GROUP_NAME"] = group
    environment.update(settings)
    return environment


def _refusal(candidate: str, shown: str) -> SpawnError | None:
    """Why a file cannot be executed by us, None if it can."""
    try:
        # Most can. Two questions that are answered by yes and no cost half of a look at the file;
        # only a directory has something below it.
        if os.access(candidate, os.X_OK) and not os.access(candidate + "/", os.F_OK):
            return None
        mode = os.stat(candidate).st_mode
    except (OSError, ValueError):
        # ValueError: a NUL in the name. Nothing can be found under it.
        return _refused(f"can't find command '{shown}'", errno.ENOENT)
    if stat.S_ISDIR(mode):
        return _refused(f"command at '{shown}' is a directory", errno.EISDIR)
    if not mode & 0o111:
        return _refused(f"command at '{shown}' is not executable", errno.ENOEXEC)
    if not os.access(candidate, os.X_OK):
        return _refused(f"no permission to run command '{shown}'", errno.EACCES)
    return None


def _unparsable(command: str, why: str) -> SpawnError:
    return _refused(f"can't parse command {command!r}: {why}", errno.EINVAL)


def _refused(reason: str, number: int) -> SpawnError:
    return SpawnError(reason, step="command", errno=number)
