"""What is said about the outcome for one process: tables of fault → text.

The texts and exit codes are a public contract; scripts compare them.
"""

from supervisor.client import failures
from supervisor.ctl.command import Shell
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.errors import Fault
from supervisor.hints import Any, Callable, Iterable, Mapping
from supervisor.tuples import NamedTuple
from supervisor.wire.namespec import split_namespec

Result = Mapping[str, Any]
"""A STATUS struct; `name` is None where the call was about a whole group."""


class Wording(NamedTuple):
    """How one command speaks: what it has done, what the faults mean, which one is harmless."""

    done: str
    errors: Mapping[int, str]
    ignored: int | None = None
    unknown_group_exit_code: int = LSBInitExitStatuses.GENERIC


_UNKNOWN: Mapping[int, str] = {Fault.BAD_NAME: "no such process"}
_UNKNOWN_OR_STOPPED: Mapping[int, str] = {**_UNKNOWN, Fault.NOT_RUNNING: "not running"}

STARTED = Wording(
    done="started",
    errors={
        **_UNKNOWN,
        Fault.NO_FILE: "no such file",
        Fault.NOT_EXECUTABLE: "file is not executable",
        Fault.ALREADY_STARTED: "already started",
        Fault.SPAWN_ERROR: "spawn error",
        Fault.ABNORMAL_TERMINATION: "abnormal termination",
    },
    ignored=Fault.ALREADY_STARTED,
    unknown_group_exit_code=LSBInitExitStatuses.INVALID_ARGS,
)
STOPPED = Wording(
    done="stopped",
    errors=_UNKNOWN_OR_STOPPED,
    ignored=Fault.NOT_RUNNING,
)
SIGNALLED = Wording(
    done="signalled",
    errors={**_UNKNOWN_OR_STOPPED, Fault.BAD_SIGNAL: "bad signal name"},
)
CLEARED = Wording(
    done="cleared",
    errors={**_UNKNOWN, Fault.FAILED: "failed"},
)


def refused(name: str, fault: "failures.Fault") -> Result:
    """A STATUS struct for a call that was refused as a whole; the text as the daemon put it."""
    return _result(name, fault.faultCode, fault.faultString)


def succeeded(name: str) -> Result:
    """A STATUS struct for a call about one process that was fulfilled."""
    return _result(name, Fault.SUCCESS, "OK")


def _result(name: str, status: int, description: str) -> Result:
    group, process = split_namespec(name)
    return {"group": group, "name": process, "status": status, "description": description}


def no_such_group(group: str) -> Result:
    """A STATUS struct for a group that has no processes or does not exist."""
    return {"group": group, "name": None, "status": Fault.BAD_NAME, "description": "BAD_NAME"}


def is_about_unknown_group(result: Result) -> bool:
    """True if a whole group was meant that does not exist."""
    return result["status"] == Fault.BAD_NAME and result["name"] is None


def result_line(result: Result, wording: Wording) -> str:
    """`X: done` or `X: ERROR (why)`; a fault without a text of ours is shown as it came."""
    group, name, code = result["group"], result["name"], result["status"]
    shown = group if name in (None, group) else f"{group}:{name}"
    if code == Fault.SUCCESS:
        return f"{shown}: {wording.done}"
    if is_about_unknown_group(result):
        return f"{shown}: ERROR (no such group)"
    return f"{shown}: ERROR ({wording.errors.get(code, result['description'])})"


def report_results(
    shell: Shell, results: Iterable[Result], wording: Wording, line_of: Callable[[Result], str]
) -> None:
    """Print the line of each STATUS struct; the last failure decides the exit status."""
    for result in results:
        shell.output(line_of(result))
        if is_about_unknown_group(result):
            shell.exitstatus = wording.unknown_group_exit_code
        else:
            shell.set_exitstatus_from_xmlrpc_fault(result["status"], wording.ignored)
