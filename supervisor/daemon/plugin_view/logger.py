"""The main log as plug-ins know it: `options.logger`.

Handlers that plug-ins add get every line of the main log. Those for the files of the daemon are
there to be looked at, reopened and cleared; their format is fixed, and they cannot be taken out.
"""

from supervisor.daemon.guard import shown
from supervisor.hints import Any
from supervisor.levels import Level
from supervisor.loggers import Handler, Logger, LogRecord
from supervisor.logs.filelog import FileLog
from supervisor.logs.mainlog import MainLog


class MainLogHandler(Handler):
    """One of the daemon's own files; what is emitted here is written to the main log."""

    fmt = "%(asctime)s %(levelname)s %(message)s\n"

    def __init__(self, log: MainLog, file: FileLog) -> None:
        super().__init__(None)
        self._log = log
        self.file = file
        self.level = log.level
        self.baseFilename = file.path

    def emit(self, record: LogRecord) -> None:
        """Write a record."""
        self._log.log(record.level, _text(record.msg, record.kw))

    def flush(self) -> None:
        """Nothing is held back."""

    def reopen(self) -> None:
        """Close the file and open it by name."""
        self.file.reopen()

    def remove(self) -> None:
        """Empty the file. Raises OSError."""
        self.file.clear()

    def close(self) -> None:
        """Nothing: the daemon needs it as long as it lives."""


class MainLogger(Logger):
    """The main log."""

    def __init__(self, log: MainLog) -> None:
        self._log = log
        self._is_telling = False
        self._handlers: list[Any] = []
        super().__init__(log.level)
        log.observer = self._observe

    @property
    def handlers(self) -> list[Any]:
        """The daemon's own handlers first, then those that plug-ins have put in."""
        files = self._log.files
        own = [each for each in self._handlers if isinstance(each, MainLogHandler)]
        if [each.file for each in own] != files:
            # They are opened after this was made.
            others = [each for each in self._handlers if each not in own]
            self._handlers[:] = [*(MainLogHandler(self._log, file) for file in files), *others]
        return self._handlers

    @handlers.setter
    def handlers(self, handlers: list[Any]) -> None:
        self._handlers = list(handlers)

    @property
    def level(self) -> int:
        """Messages below it are dropped."""
        return int(self._log.level)

    @level.setter
    def level(self, level: int) -> None:
        self._log.level = level

    def log(self, level: int, msg: Any, **kw: Any) -> None:
        """Write a message, if its level is high enough."""
        self._log.log(level, _text(msg, kw))

    def reopen(self) -> None:
        """Close the file and open it by name."""
        self._log.reopen()

    def remove(self) -> None:
        """Empty the file. Raises OSError."""
        self._log.clear()

    def close(self) -> None:
        """Nothing: the daemon needs it as long as it lives."""

    def _observe(self, level: int, text: str) -> None:
        # A handler that has something to say itself must not be told about that.
        if self._is_telling:
            return
        self._is_telling = True
        try:
            for handler in list(self.handlers):
                if not isinstance(handler, MainLogHandler):
                    self._emit(handler, LogRecord(level, text))
        finally:
            self._is_telling = False

    def _emit(self, handler: Any, record: LogRecord) -> None:
        try:
            if record.level >= handler.level:
                handler.emit(record)
        except BaseException as error:
            # Whatever a plug-in's handler does: who writes to the log must not suffer.
            self._handlers[:] = [each for each in self._handlers if each is not handler]
            self._log.log(
                Level.ERRO,
                f"log handler {shown(handler)} failed and is left out: {shown(error)}",
            )


def _text(msg: Any, kw: dict[str, Any]) -> str:
    text = msg.decode("utf-8", "replace") if isinstance(msg, bytes) else str(msg)
    return text % kw if kw else text
