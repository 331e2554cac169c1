"""Promised names: options of the daemon and the shell, and helpers around them.

The classes are imported on first use, so that a listener which only wants `make_namespec` stays
small. Of the package only the rim uses this module: `daemon.plugin_view`.
"""

import os.path
import signal

from supervisor import __version__
from supervisor.hints import TYPE_CHECKING, Any
from supervisor.lean import import_module
from supervisor.wire.namespec import make_namespec, split_namespec

if TYPE_CHECKING:
    from supervisor.promised.baseoptions import Options
    from supervisor.promised.clientoptions import ClientOptions
    from supervisor.promised.configs import (
        Config,
        EventListenerConfig,
        EventListenerPoolConfig,
        FastCGIGroupConfig,
        FastCGIProcessConfig,
        ProcessConfig,
        ProcessGroupConfig,
    )
    from supervisor.promised.parser import UnhosedConfigParser
    from supervisor.promised.serveroptions import ServerOptions

__all__ = [
    "VERSION",
    "BadCommand",
    "ClientOptions",
    "Config",
    "EventListenerConfig",
    "EventListenerPoolConfig",
    "FastCGIGroupConfig",
    "FastCGIProcessConfig",
    "NoPermission",
    "NotExecutable",
    "NotFound",
    "Options",
    "ProcessConfig",
    "ProcessException",
    "ProcessGroupConfig",
    "ServerOptions",
    "UnhosedConfigParser",
    "decode_wait_status",
    "expand",
    "make_namespec",
    "normalize_path",
    "readFile",
    "signame",
    "split_namespec",
    "tailFile",
]

VERSION = __version__

_MODULES = {
    "Options": "baseoptions",
    "ClientOptions": "clientoptions",
    "ServerOptions": "serveroptions",
    "UnhosedConfigParser": "parser",
    **dict.fromkeys(
        (
            "Config",
            "EventListenerConfig",
            "EventListenerPoolConfig",
            "FastCGIGroupConfig",
            "FastCGIProcessConfig",
            "ProcessConfig",
            "ProcessGroupConfig",
        ),
        "configs",
    ),
}


def __getattr__(name: str) -> Any:
    """A class of this module, or a conversion: `supervisor.datatypes` are names of it as well."""
    if name in _MODULES:
        found = getattr(import_module(f"supervisor.promised.{_MODULES[name]}"), name)
        found.__module__ = __name__
    elif name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        found = getattr(import_module("supervisor.datatypes"), name)
    globals()[name] = found
    return found


class ProcessException(Exception):
    """A program cannot be started as its command says."""


class BadCommand(ProcessException):
    """The command line cannot be split into words."""


class NotExecutable(ProcessException):
    """The file is not executable."""


class NotFound(ProcessException):
    """There is no such file."""


class NoPermission(ProcessException):
    """The daemon may not execute the file."""


def expand(s: Any, expansions: dict[str, Any], name: str) -> Any:
    """A text with its `%(name)s` formats replaced. Raises ValueError; `name` is for its message."""
    # Late, as everything that reads configurations.
    from supervisor.config.expand import expand as expand_text

    if not isinstance(s, str):
        raise ValueError(f"Format string {s!r} for {name!r} is badly formatted: it is no text")
    return expand_text(s, expansions, name)


def normalize_path(v: str) -> str:
    """An absolute path, `~` expanded."""
    return os.path.normpath(os.path.abspath(os.path.expanduser(v)))


def readFile(filename: str, offset: int, length: int) -> bytes:
    """Bytes of a file, `length` 0 for all that follow; a negative offset counts from the end.

    Raises ValueError BAD_ARGUMENTS, or FAILED if the file cannot be read.
    """
    # Late, as everything about logs.
    from supervisor.logs.reading import read_slice

    try:
        return read_slice(filename, offset, length)
    except FileNotFoundError:
        raise ValueError("FAILED") from None


def tailFile(filename: str, offset: int, length: int) -> list[Any]:
    """Text of the end of a file, its size in bytes, and whether there is more than asked for."""
    # Late, as everything about logs.
    from supervisor.logs.reading import tail_slice

    data, size_bytes, overflow = tail_slice(filename, offset, length)
    return [data.decode("utf-8", "replace"), size_bytes, overflow]


def decode_wait_status(sts: int) -> tuple[int, str]:
    """Exit code, -1 if there is none, and the end of a child in words."""
    # Late, as everything about children.
    from supervisor.host.ending import decode_status

    ending = decode_status(sts)
    return -1 if ending.exitcode is None else ending.exitcode, ending.words()


def signame(sig: int) -> str:
    """`SIGTERM` and the like, `signal 0` for a number without a name."""
    try:
        return signal.Signals(sig).name
    except ValueError:
        return f"signal {sig}"
