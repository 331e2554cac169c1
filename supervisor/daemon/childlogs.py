"""The log files of a process: which ones it has follows from its settings."""

import os

from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AutoLog, ChildLog
from supervisor.config.values import FileLog as FileLogSetting
from supervisor.daemon.outlets import STDERR, STDOUT
from supervisor.errors import SpawnError
from supervisor.hints import Iterable, Mapping, Protocol
from supervisor.levels import Level
from supervisor.logs.autolog import AUTO_LOG_MODE, create_auto_log
from supervisor.logs.filelog import FileLog
from supervisor.logs.rotation import Disposals
from supervisor.rpc.ports import Log


class Places(Protocol):
    """Where log files are."""

    @property
    def log_directory(self) -> str:
        """Where relative names lead to."""

    @property
    def childlogdir(self) -> str:
        """Where AUTO logs are made."""

    @property
    def identifier(self) -> str:
        """Of the daemon: part of the name of an AUTO log."""


class ChildLogs:
    """Makes the log files of all processes."""

    def __init__(self, report: Log, disposal: Disposals | None = None) -> None:
        self._report = report
        self._disposal = disposal

    def make(self, settings: ProcessSettings, places: Places) -> dict[str, FileLog]:
        """The logs of a process by channel; AUTO logs are made in this moment."""
        return self._make(_channels(settings), settings, places)

    def renewed(
        self,
        logs: Mapping[str, FileLog],
        former: ProcessSettings,
        settings: ProcessSettings,
        places: Places,
    ) -> dict[str, FileLog]:
        """The logs for other settings: those that would be the same are kept."""
        wanted = _channels(settings)
        same = [
            channel
            for channel in wanted
            if channel in _channels(former)
            and _described(former, channel) == _described(settings, channel)
        ]
        others = [channel for channel in wanted if channel not in same]
        kept = {channel: logs[channel] for channel in same if channel in logs}
        return {**kept, **self._make(others, settings, places)}

    def _make(
        self, channels: Iterable[str], settings: ProcessSettings, places: Places
    ) -> dict[str, FileLog]:
        made = {channel: self._make_one(settings, channel, places) for channel in channels}
        return {channel: log for channel, log in made.items() if log is not None}

    def _make_one(self, settings: ProcessSettings, channel: str, places: Places) -> FileLog | None:
        where, maxbytes, backups = _described(settings, channel)
        log = None
        if isinstance(where, FileLogSetting):
            path = os.path.join(places.log_directory, where.path)
            log = FileLog(path, maxbytes, backups, report=self._report)
        elif where is AutoLog.AUTO:
            auto_path = self._make_auto(settings.name, channel, places)
            if auto_path is not None:
                log = FileLog(auto_path, maxbytes, backups, report=self._report, mode=AUTO_LOG_MODE)
        if log is not None:
            log.disposal = self._disposal
        return log

    def _make_auto(self, name: str, channel: str, places: Places) -> str | None:
        directory = places.childlogdir
        try:
            return create_auto_log(directory, name, channel, places.identifier)
        except OSError as error:
            self._report(
                Level.ERRO,
                f"cannot create a log file for {channel} of {name} in {directory}: "
                f"{error.strerror}; its output is dropped until the group is added again "
                "(set childlogdir to a directory that can be written to)",
            )
            return None


def _channels(settings: ProcessSettings) -> tuple[str, ...]:
    return (STDOUT,) if settings.redirect_stderr else (STDOUT, STDERR)


def _described(settings: ProcessSettings, channel: str) -> tuple[ChildLog, int, int]:
    """What a log file is made of."""
    if channel == STDOUT:
        return (
            settings.stdout_logfile,
            settings.stdout_logfile_maxbytes,
            settings.stdout_logfile_backups,
        )
    return (
        settings.stderr_logfile,
        settings.stderr_logfile_maxbytes,
        settings.stderr_logfile_backups,
    )


def tell_in_child_log(
    settings: ProcessSettings, logs: Mapping[str, FileLog], error: SpawnError
) -> None:
    """Why there is no child, where its user looks."""
    log = logs.get(STDOUT if settings.redirect_stderr else STDERR)
    if log is not None:
        text = f"supervisor: {error.reason}\nsupervisor: child process was not spawned\n"
        log.write(text.encode("utf-8", "backslashreplace"))


def close_logs(logs: Mapping[str, FileLog]) -> None:
    """Close all of them, whatever one of them has against it."""
    for log in logs.values():
        try:
            log.close()
        except OSError:
            continue
