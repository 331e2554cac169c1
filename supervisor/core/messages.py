"""The lines of the main log about the life of processes.

People's scripts match these texts byte by byte (manual, "Life cycle"): never change one.
"""

from supervisor.core.commands import WriteLog
from supervisor.hints import Sequence
from supervisor.levels import Level

EXITED_TOO_QUICKLY = "Exited too quickly (process log may have details)"


def _plain(number: float) -> str:
    """Without a fraction that says nothing: 1, not 1.0."""
    return str(int(number)) if number == int(number) else str(number)


def bad_exit_code(exitcode: int) -> str:
    """The `spawnerr` after an unexpected exit."""
    return f"Bad exit code {exitcode}"


def spawned(name: str, pid: int) -> WriteLog:
    return WriteLog(Level.INFO, f"spawned: '{name}' with pid {pid}")


def spawn_failed(reason: str) -> WriteLog:
    return WriteLog(Level.INFO, f"spawnerr: {reason}")


def success(name: str, startsecs: float) -> WriteLog:
    return WriteLog(
        Level.INFO,
        f"success: {name} entered RUNNING state, process has stayed up for "
        f"> than {_plain(startsecs)} seconds (startsecs)",
    )


def exited(name: str, how: str, expected: bool) -> WriteLog:
    if expected:
        return WriteLog(Level.INFO, f"exited: {name} ({how}; expected)")
    return WriteLog(Level.WARN, f"exited: {name} ({how}; not expected)")


def gave_up(name: str) -> WriteLog:
    return WriteLog(
        Level.INFO, f"gave up: {name} entered FATAL state, too many start retries too quickly"
    )


def stopped(name: str, how: str, expected: bool) -> WriteLog:
    return WriteLog(Level.INFO if expected else Level.WARN, f"stopped: {name} ({how})")


def killing(name: str, pid: int, signal_name: str) -> WriteLog:
    return WriteLog(Level.WARN, f"killing '{name}' ({pid}) with {signal_name}")


def killed_in_backoff(name: str) -> WriteLog:
    return WriteLog(Level.DEBG, f"Attempted to kill {name}, which is in BACKOFF state.")


def waiting_to_stop(name: str) -> WriteLog:
    return WriteLog(Level.INFO, f"waiting for {name} to stop")


def waiting_to_die(names: Sequence[str]) -> WriteLog:
    return WriteLog(Level.INFO, f"waiting for {', '.join(names)} to die")


def waiting_to_deliver(left_s: float) -> WriteLog:
    return WriteLog(
        Level.INFO, f"waiting for events to be delivered, at most {left_s:.0f} seconds more"
    )


def kill_refused(name: str, pid: int, error: str) -> WriteLog:
    return WriteLog(Level.CRIT, f"unknown problem killing {name} ({pid}):{error}")


def signal_refused(name: str, pid: int, error: str) -> WriteLog:
    return WriteLog(Level.CRIT, f"unknown problem sending sig {name} ({pid}):{error}")


def sending_stop(name: str, pid: int, signal_name: str, to_group: bool) -> WriteLog:
    whom = "process group " if to_group else ""
    return WriteLog(Level.DEBG, f"killing {name} (pid {pid}) {whom}with signal {signal_name}")


def sending_signal(name: str, pid: int, signal_name: str, to_group: bool) -> WriteLog:
    return WriteLog(Level.DEBG, f"sending {name} (pid {pid}) sig {signal_name}")


def probably_exited(name: str, pid: int, error: object, stopping: bool) -> WriteLog:
    when = "just exited" if stopping else "just now exited"
    return WriteLog(
        Level.DEBG,
        f"unable to signal {name} (pid {pid}), it probably {when} on its own: {error}",
    )
