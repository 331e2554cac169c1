"""Promised names: leveled logging as plug-ins know it, to files, streams, syslog or memory.

Loggers and handlers that plug-ins make for themselves; a handler that fails tells so on standard
error and never raises. The daemon writes its own logs in other ways (`supervisor.logs`): what it
hands to plug-ins as `options.logger` is a `Logger` in front of those. Of the package only the
rim uses this module: `promised` and `daemon.plugin_view`.
"""

import errno
import os
import sys
import syslog
import time
import traceback
from contextlib import suppress

from supervisor.hints import Any, Iterable
from supervisor.levels import LEVELS_BY_DESCRIPTION, Level
from supervisor.logs.rotation import backup_path, rotation_depth

BOUND_BYTES_MAX = 1 << 21
ROTATED_BYTES_MAX = 1 << 29


class LevelsByName:
    """Numbers of the levels as plain ints, by their short names."""

    CRIT = 50
    ERRO = 40
    WARN = 30
    INFO = 20
    DEBG = 10
    TRAC = 5
    BLAT = 3


class LevelsByDescription:
    """Numbers of the levels as plain ints, by their names in configuration files."""

    critical = LevelsByName.CRIT
    error = LevelsByName.ERRO
    warn = LevelsByName.WARN
    info = LevelsByName.INFO
    debug = LevelsByName.DEBG
    trace = LevelsByName.TRAC
    blather = LevelsByName.BLAT


LOG_LEVELS_BY_NUM = {int(level): level.name for level in Level}


def getLevelNumByDescription(description: str) -> int | None:
    """Number of a level by its name in configuration files, None if there is none."""
    level = LEVELS_BY_DESCRIPTION.get(description)
    return None if level is None else int(level)


class LogRecord:
    """One message; `%(name)s` in it stands for the keyword argument of that name."""

    def __init__(self, level: int, msg: Any, **kw: Any) -> None:
        self.level = level
        self.msg = msg
        self.kw = kw
        self.dictrepr: dict[str, Any] | None = None

    def asdict(self) -> dict[str, Any]:
        """`message`, `levelname` and `asctime`, made once."""
        if self.dictrepr is None:
            wall_s = time.time()
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_s))
            msg = self.msg.decode("utf-8", "replace") if isinstance(self.msg, bytes) else self.msg
            self.dictrepr = {
                "message": msg % self.kw if self.kw else msg,
                "levelname": LOG_LEVELS_BY_NUM[self.level],
                "asctime": f"{stamp},{int(wall_s % 1 * 1000):03d}",
            }
        return self.dictrepr


class Handler:
    """Writes records to a stream of text or bytes."""

    fmt = "%(message)s"
    level: int = LevelsByName.INFO

    def __init__(self, stream: Any = None) -> None:
        self.stream = stream
        self.closed = False

    def setFormat(self, fmt: str) -> None:
        """Change the format: `%(message)s`, `%(levelname)s` and `%(asctime)s`."""
        self.fmt = fmt

    def setLevel(self, level: int) -> None:
        """Change the level; records below it are left out by the logger."""
        self.level = level

    def flush(self) -> None:
        """Pass on what the stream holds back."""
        try:
            self.stream.flush()
        except OSError as error:
            # Of a pipe that nobody reads any more there is nothing to say.
            if error.errno != errno.EINVAL:
                raise

    def close(self) -> None:
        """Close the stream, unless it is one of the standard ones."""
        if not self.closed:
            if self.stream is not None and not _is_standard(self.stream):
                self.stream.close()
            self.closed = True

    def emit(self, record: LogRecord) -> None:
        """Write a record; never raises."""
        try:
            msg = self._formatted(record)
            try:
                self.stream.write(msg)
            except TypeError:
                # A stream takes either text or bytes; which one is known only now.
                self.stream.write(_other_kind(msg))
            self.flush()
        except Exception:
            # Whatever is wrong with one log must not stop who writes to it.
            self.handleError()

    def _formatted(self, record: LogRecord) -> str | bytes:
        if isinstance(record.msg, bytes) and self.fmt == Handler.fmt:
            return record.msg
        return self.fmt % record.asdict()

    def handleError(self) -> None:
        """Tell on standard error what went wrong."""
        with suppress(OSError, ValueError):
            traceback.print_exc(file=sys.stderr)


def _is_standard(stream: Any) -> bool:
    return stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)


def _other_kind(msg: str | bytes) -> str | bytes:
    return msg.decode("utf-8", "replace") if isinstance(msg, bytes) else msg.encode()


class StreamHandler(Handler):
    """Writes to a stream that is open already."""

    def __init__(self, strm: Any = None) -> None:
        super().__init__(strm)

    def remove(self) -> None:
        """Forget what was written, if the stream can."""
        if hasattr(self.stream, "clear"):
            self.stream.clear()

    def reopen(self) -> None:
        """Nothing: a stream has no name to open."""


class FileHandler(Handler):
    """Writes to a file, opened as bytes unless `mode` says otherwise. Raises OSError."""

    def __init__(self, filename: str, mode: str = "ab") -> None:
        super().__init__(_open(filename, mode))
        self.baseFilename = filename
        self.mode = mode

    def reopen(self) -> None:
        """Close the file and open it by name. Raises OSError."""
        self.close()
        self.stream = _open(self.baseFilename, self.mode)
        self.closed = False

    def remove(self) -> None:
        """Close the file and delete it; a missing one is fine. Raises OSError."""
        self.close()
        with suppress(FileNotFoundError):
            os.remove(self.baseFilename)


def _open(filename: str, mode: str) -> Any:
    try:
        return open(filename, mode)
    except OSError as error:
        # A pipe or a terminal cannot be positioned at its end: it has none.
        if error.errno == errno.ESPIPE and mode.startswith("a"):
            return open(filename, mode.replace("a", "w"))
        raise


class RotatingFileHandler(FileHandler):
    """Renames the file when it has `maxBytes` (0: never), and keeps `backupCount` older ones."""

    def __init__(
        self,
        filename: str,
        mode: str = "ab",
        maxBytes: int = ROTATED_BYTES_MAX,
        backupCount: int = 10,
    ) -> None:
        # A file that is emptied instead of appended to has nothing to rotate.
        super().__init__(filename, mode.replace("w", "a") if maxBytes > 0 else mode)
        self.maxBytes = maxBytes
        self.backupCount = backupCount

    def emit(self, record: LogRecord) -> None:
        """Write a record, then rotate if the file is full; never raises."""
        super().emit(record)
        try:
            self.doRollover()
        except (OSError, ValueError):
            self.handleError()

    def doRollover(self) -> None:
        """Rotate if the file is full. Raises OSError."""
        if self.maxBytes <= 0 or self.closed or self.stream.tell() < self.maxBytes:
            return
        self.stream.close()
        base = self.baseFilename
        depth = rotation_depth(base, self.backupCount, os.path.exists)
        for number in range(depth, 0, -1):
            self.removeAndRename(backup_path(base, number - 1), backup_path(base, number))
        # With a backup the name is free by now; without one the file begins anew.
        self.stream = _open(base, "wb" if "b" in self.mode else "w")

    def removeAndRename(self, sfn: str, dfn: str) -> None:
        """Move a file over another one; a missing one is fine. Raises OSError."""
        with suppress(FileNotFoundError):
            os.replace(sfn, dfn)


class SyslogHandler(Handler):
    """Writes each line of a record to syslog."""

    def __init__(self) -> None:
        super().__init__(None)

    def close(self) -> None:
        """Nothing: the connection is that of the process."""

    def reopen(self) -> None:
        """Nothing: the connection is that of the process."""

    def remove(self) -> None:
        """Nothing: what syslog has is not ours."""

    def _syslog(self, msg: str) -> None:
        syslog.syslog(msg)

    def emit(self, record: LogRecord) -> None:
        """Write a record; never raises."""
        try:
            values = record.asdict()
            for line in values["message"].rstrip("\n").split("\n"):
                self._syslog(self.fmt % {**values, "message": line})
        except Exception:
            # Whatever is wrong with one log must not stop who writes to it.
            self.handleError()


class BoundIO:
    """The last `maxbytes` bytes that were written."""

    def __init__(self, maxbytes: int, buf: bytes = b"") -> None:
        self.maxbytes = maxbytes
        self.buf = buf

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Forget everything."""
        self.clear()

    def write(self, b: bytes) -> None:
        """Append; the oldest bytes make room, and one piece that is larger stays whole."""
        excess = max(len(self.buf) + len(b) - self.maxbytes, 0)
        self.buf = self.buf[excess:] + b

    def getvalue(self) -> bytes:
        """What there is."""
        return self.buf

    def clear(self) -> None:
        """Forget everything."""
        self.buf = b""


class Logger:
    """Gives messages of its level and above to all handlers whose level they have."""

    def __init__(self, level: int | None = None, handlers: Iterable[Any] | None = None) -> None:
        self.level = LevelsByName.INFO if level is None else level
        self.handlers: list[Any] = [] if handlers is None else list(handlers)

    def close(self) -> None:
        """Close all handlers."""
        for handler in self.handlers:
            handler.close()

    def blather(self, msg: Any, **kw: Any) -> None:
        """Write a message of the lowest level."""
        self._log_if_enabled(LevelsByName.BLAT, msg, kw)

    def trace(self, msg: Any, **kw: Any) -> None:
        """Write a message about what a developer traces."""
        self._log_if_enabled(LevelsByName.TRAC, msg, kw)

    def debug(self, msg: Any, **kw: Any) -> None:
        """Write a message for debugging."""
        self._log_if_enabled(LevelsByName.DEBG, msg, kw)

    def info(self, msg: Any, **kw: Any) -> None:
        """Write a message about what happens."""
        self._log_if_enabled(LevelsByName.INFO, msg, kw)

    def warn(self, msg: Any, **kw: Any) -> None:
        """Write a warning."""
        self._log_if_enabled(LevelsByName.WARN, msg, kw)

    def error(self, msg: Any, **kw: Any) -> None:
        """Write an error."""
        self._log_if_enabled(LevelsByName.ERRO, msg, kw)

    def critical(self, msg: Any, **kw: Any) -> None:
        """Write what must not be overlooked."""
        self._log_if_enabled(LevelsByName.CRIT, msg, kw)

    def _log_if_enabled(self, level: int, msg: Any, kw: dict[str, Any]) -> None:
        if level >= self.level:
            self.log(level, msg, **kw)

    def log(self, level: int, msg: Any, **kw: Any) -> None:
        """Give a message of any level to the handlers that want it."""
        record = LogRecord(level, msg, **kw)
        for handler in self.handlers:
            if level >= handler.level:
                handler.emit(record)

    def addHandler(self, hdlr: Any) -> None:
        """Write to one more handler."""
        self.handlers.append(hdlr)

    def getvalue(self) -> bytes:
        """What a logger in memory holds. Raises NotImplementedError for any other."""
        for handler in self.handlers:
            if isinstance(getattr(handler, "stream", None), BoundIO):
                value: bytes = handler.stream.getvalue()
                return value
        raise NotImplementedError("only a logger made by handle_boundIO keeps what was written")


def getLogger(level: int | None = None) -> Logger:
    """A logger without handlers; its level is INFO unless it is given."""
    return Logger(level)


def handle_boundIO(logger: Logger, fmt: str, maxbytes: int = BOUND_BYTES_MAX) -> None:
    """Keep the end of what the logger writes in memory."""
    _add(logger, StreamHandler(BoundIO(maxbytes)), fmt)


def handle_stdout(logger: Logger, fmt: str) -> None:
    """Write to standard output."""
    _add(logger, StreamHandler(sys.stdout), fmt)


def handle_syslog(logger: Logger, fmt: str) -> None:
    """Write to syslog."""
    _add(logger, SyslogHandler(), fmt)


def handle_file(
    logger: Logger,
    filename: str,
    fmt: str,
    rotating: bool = False,
    maxbytes: int = 0,
    backups: int = 0,
) -> None:
    """Write to a file, or to syslog if it is called `syslog`. Raises OSError."""
    handler: Handler
    if filename == "syslog":
        handler = SyslogHandler()
    elif rotating:
        handler = RotatingFileHandler(filename, "ab", maxbytes, backups)
    else:
        handler = FileHandler(filename)
    _add(logger, handler, fmt)


def _add(logger: Logger, handler: Handler, fmt: str) -> None:
    handler.setFormat(fmt)
    handler.setLevel(logger.level)
    logger.addHandler(handler)
