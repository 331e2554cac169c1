"""What the buttons of pages do: the actions of the status page, for pages of plug-ins.

How a page looks is the business of who derives from these classes.
"""

import time

from supervisor.errors import Fault, RPCError
from supervisor.hints import Any, Callable, Sequence
from supervisor.lean import partial
from supervisor.promised.meldviews import MeldView
from supervisor.rpc.polling import NOT_DONE_YET
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.wire.namespec import split_namespec

_START_FAULTS: dict[int, str] = {
    Fault.NO_FILE: "no such file",
    Fault.NOT_EXECUTABLE: "file not executable",
    Fault.ALREADY_STARTED: "already started",
    Fault.SPAWN_ERROR: "spawn error",
    Fault.ABNORMAL_TERMINATION: "abnormal termination",
}


class TailView(MeldView):
    """A page with the end of a log."""


class StatusView(MeldView):
    """A page with buttons."""

    def make_callback(self, namespec: str | None, action: str) -> Callable[[], Any]:
        """A function that does something, and says in words what has become of it.

        It is to be called until it returns something else than NOT_DONE_YET. Raises ValueError for
        an action that there is not.
        """
        rpc: Any = SupervisorNamespaceRPCInterface(self.context.supervisord)
        if action == "refresh":
            return _Action([], lambda: f"Page refreshed at {time.ctime()}")
        if action == "stopall":
            return _Action([rpc.stopAllProcesses], lambda: f"All stopped at {time.ctime()}")
        if action == "restartall":
            calls = [rpc.stopAllProcesses, rpc.startAllProcesses]
            return _Action(calls, lambda: f"All restarted at {time.ctime()}")
        if not namespec or action not in _OF_A_PROCESS:
            raise ValueError(f"there is no action {action!r} for {namespec!r}")
        if not _is_process(rpc, namespec):
            return _Action([], lambda: f"No such process named {namespec}")
        methods, words, failed = _OF_A_PROCESS[action]
        calls = [partial(getattr(rpc, method), namespec) for method in methods]
        return _Action(calls, lambda: words.format(namespec), partial(failed, namespec))


class _Action:
    """Some calls, one after the other; then the words for it."""

    def __init__(
        self,
        calls: Sequence[Callable[[], Any]],
        done: Callable[[], str],
        failed: Callable[[RPCError], str | None] = lambda error: None,
    ) -> None:
        self._calls = list(calls)
        self._done = done
        self._failed = failed

    def __call__(self) -> Any:
        while self._calls:
            try:
                value = self._calls[0]()
            except RPCError as error:
                words = self._failed(error)
                if words is not None:
                    return words
                value = None
            if value is NOT_DONE_YET:
                return value
            if callable(value):
                # From now on this one knows how the call goes on.
                self._calls[0] = value
            else:
                del self._calls[0]
        return self._done()


def _is_process(rpc: Any, namespec: str) -> bool:
    if split_namespec(namespec)[1] is None:
        return False
    try:
        rpc._getGroupAndProcess(namespec)
    except RPCError:
        return False
    return True


def _unexpected(namespec: str, error: RPCError) -> str:
    return f"unexpected rpc fault [{error.code}] {error.text}"


def _start_failed(namespec: str, error: RPCError) -> str:
    words = _START_FAULTS.get(error.code) or _unexpected(namespec, error)
    return f"ERROR: Process {namespec}: {words}"


def _never_mind(namespec: str, error: RPCError) -> None:
    """A restart is what was asked for, whether it ran or not."""


_OF_A_PROCESS: dict[str, tuple[Sequence[str], str, Callable[[str, RPCError], str | None]]] = {
    "start": (["startProcess"], "Process {} started", _start_failed),
    "stop": (["stopProcess"], "Process {} stopped", _unexpected),
    "restart": (["stopProcess", "startProcess"], "Process {} restarted", _never_mind),
    "clearlog": (["clearProcessLogs"], "Log for {} cleared", _unexpected),
}
"""Action -> methods that are called, words for it, words for a fault or None to go on."""
