"""How many file descriptors the active processes take, counted as they come and go."""

from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AutoLog, FileLog
from supervisor.hints import Final

RESERVE_COUNT: Final = 256
"""For clients, servers, and the files of the daemon itself."""

KEPT_COUNT: Final = 64
"""The part of it that no program may take when there are too few: somebody wants to ask why."""


class Demand:
    """What a number of processes takes; the same whatever they are doing."""

    __slots__ = ("logs_count", "pipes_count", "processes_count", "stderrs_count")

    def __init__(self) -> None:
        self.processes_count = 0
        self.pipes_count = 0
        """Between the daemon and them. A FastCGI socket counts as the pipe that it replaces."""
        self.logs_count = 0
        self.stderrs_count = 0
        """Pipes and logs among them that redirect_stderr=true would save."""

    def add(self, process: ProcessSettings) -> None:
        """There is one process more."""
        self._count(process, 1)

    def remove(self, process: ProcessSettings) -> None:
        """There is one process less."""
        self._count(process, -1)

    @property
    def descriptors_count(self) -> int:
        """All of them, with what is kept for others."""
        return self.pipes_count + self.logs_count + RESERVE_COUNT

    def shortage(self, limit: int) -> str:
        """The sum in words, for a limit that is too low."""
        saving = (
            f", or set redirect_stderr=true for programs, which saves up to {self.stderrs_count:,}"
            if self.stderrs_count
            else ""
        )
        return (
            f"{self.processes_count:,} processes need {self.descriptors_count:,} file descriptors "
            f"({self.pipes_count:,} for pipes, {self.logs_count:,} for log files, "
            f"{RESERVE_COUNT:,} for clients and the daemon itself), but the limit is {limit:,}: "
            "not all of them can run at a time; raise the hard limit (LimitNOFILE= of systemd, "
            f"ulimit -Hn) and start the daemon again{saving}"
        )

    def _count(self, process: ProcessSettings, sign: int) -> None:
        self.processes_count += sign
        self.pipes_count += 2 * sign
        self.logs_count += sign * _is_file(process.stdout_logfile)
        if not process.redirect_stderr:
            logs_count = _is_file(process.stderr_logfile)
            self.pipes_count += sign
            self.logs_count += sign * logs_count
            self.stderrs_count += sign * (1 + logs_count)


def _is_file(log: object) -> int:
    return int(log is AutoLog.AUTO or isinstance(log, FileLog))
