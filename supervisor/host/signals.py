"""Signals to the daemon become an ordinary readable fd and a list of numbers.

A signal wakes the poller through a pipe that the C handler writes to. The bytes in it mean
nothing: a child shares the pipe from fork to exec and might write to it. What arrived is noted
by the handlers themselves, which run in this process only.
"""

import os

from supervisor.core.component import Poller
from supervisor.signals import NAMES, signal

REQUEST_SIGNALS = frozenset(
    {
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGHUP,
        signal.SIGUSR2,
        signal.SIGCHLD,
    }
)
"""Signals that mean something to the daemon (manual, "Signals")."""

_LEFT_ALONE = frozenset(
    getattr(signal, name)
    for name in (
        # Cannot be caught.
        *("SIGKILL", "SIGSTOP"),
        # Faults of the program itself: going on would be worse than ending.
        *("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGEMT"),
        # Job control of a terminal, in the foreground.
        *("SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"),
        # Without effect by default.
        *("SIGURG", "SIGWINCH", "SIGINFO"),
        # Ignored by the interpreter: a write then fails with EPIPE or EFBIG instead.
        *("SIGPIPE", "SIGXFSZ"),
    )
    if hasattr(signal, name)
)

NOTED_SIGNALS = frozenset(signal.valid_signals()) - REQUEST_SIGNALS - _LEFT_ALONE
"""Signals that would end the daemon if nobody caught them, such as SIGUSR1: noted, no effect."""

_DRAIN_BYTES = 4096


def signal_name(signum: int) -> str:
    """``SIGTERM`` and the like; ``signal 65`` for a number without a name."""
    return NAMES.get(signum) or f"signal {signum}"


class SignalInbox:
    """Collects the signals sent to this process until the loop takes them.

    Only one can be installed at a time, and only by the main thread (rules of the system).
    """

    __slots__ = ("_earlier", "_earlier_wakeup_fd", "_is_rung", "_pipe", "_poller", "arrived")

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self.arrived: dict[int, None] = {}
        """What has arrived and was not taken, in order: the same dict for ever, so that the loop
        sees without a call whether there is anything."""
        self._earlier: dict[int, object] = {}
        self._earlier_wakeup_fd = -1
        self._pipe: tuple[int, int] | None = None
        self._is_rung = False
        """Whether there may be bytes in the pipe."""

    @property
    def is_installed(self) -> bool:
        """Whether signals are being caught."""
        return self._pipe is not None

    def install(self) -> None:
        """Catch signals from now on, also those which whoever started us had blocked.

        Handlers, never SIG_IGN: a handler is back to the default in a child after exec, an
        ignored signal would stay ignored there. Raises OSError if there is no fd left.
        """
        receiver, sender = os.pipe()
        os.set_blocking(receiver, False)
        os.set_blocking(sender, False)
        self._pipe = (receiver, sender)
        # A full pipe is no loss: it is readable, and that is all that counts.
        self._earlier_wakeup_fd = signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
        self._poller.watch(receiver, on_readable=self._drain)
        for signum in REQUEST_SIGNALS | NOTED_SIGNALS:
            self._earlier[signum] = signal.signal(signum, self._note)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def move_to(self, poller: Poller) -> None:
        """Wake another poller from now on, without a moment in which signals have no handler.

        A restart of the daemon makes a new poller, and a signal that comes meanwhile must not
        end it.
        """
        assert self._pipe is not None, "only an installed inbox can be moved"
        self._poller.forget(self._pipe[0])
        self._poller = poller
        poller.watch(self._pipe[0], on_readable=self._drain)

    def retire(self) -> None:
        """Ignore these signals from now on: the process is about to end in good order.

        A second SIGTERM must not kill it on its last steps. SIG_IGN, because the interpreter gives
        every other handler back to the default while it shuts down.
        """
        if self._pipe is None:
            return
        for signum in self._earlier:
            signal.signal(signum, signal.SIG_IGN)
        self._earlier.clear()
        self.uninstall()

    def uninstall(self) -> None:
        """Give the signals back to whoever had them before; harmless if not installed."""
        if self._pipe is None:
            return
        for signum, earlier in self._earlier.items():
            # None: set by code outside Python, which cannot be put back.
            signal.signal(signum, earlier if earlier is not None else signal.SIG_DFL)  # type: ignore[arg-type]
        self._earlier.clear()
        signal.set_wakeup_fd(self._earlier_wakeup_fd)
        receiver, sender = self._pipe
        self._poller.forget(receiver)
        os.close(receiver)
        os.close(sender)
        self._pipe = None

    def take(self) -> list[int]:
        """Signals that arrived since the last call: each once, in order of first arrival."""
        if self._is_rung:
            # It came while the poller was not waiting, and would wake it up for nothing: a program
            # that prints a line and ends does so in each run.
            self._drain()
        taken = list(self.arrived)
        for signum in taken:
            # One that comes once more by now is no loss: it is only now that it is handled.
            del self.arrived[signum]
        return taken

    def _note(self, signum: int, _frame: object) -> None:
        self.arrived[signum] = None
        self._is_rung = True

    def _drain(self) -> None:
        assert self._pipe is not None, "the poller called back after uninstall()"
        self._is_rung = False
        try:
            while len(os.read(self._pipe[0], _DRAIN_BYTES)) == _DRAIN_BYTES:
                pass
        except BlockingIOError:
            pass
