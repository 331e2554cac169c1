"""What signals to the daemon mean."""

from supervisor.daemon.executor import Executor
from supervisor.errors import RequestRefused
from supervisor.hints import Callable, Final
from supervisor.host.signals import SignalInbox, signal_name
from supervisor.levels import Level
from supervisor.rpc.ports import Services
from supervisor.signals import signal
from supervisor.states import SupervisorStates

_EXIT_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


class SignalDesk:
    """Handles the signals that have arrived, all of them in one turn (L4)."""

    def __init__(
        self,
        inbox: SignalInbox,
        executor: Executor,
        services: Services,
        reopen_logs: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._executor = executor
        self._control = services.control
        self._configuration = services.configuration
        self._reopen_logs = reopen_logs
        self._log = services.log
        self._more_to_reap = False

    def take(self) -> bool:
        """Handle what arrived; True if there may be more children to reap at once."""
        arrived = self._inbox.take()
        # Exits first: nothing else must see a process as running that is dead already.
        if signal.SIGCHLD in arrived or self._more_to_reap:
            if signal.SIGCHLD in arrived:
                self._log(Level.DEBG, "received SIGCHLD indicating a child quit")
            self._more_to_reap = self._executor.reap()
        for signum in arrived:
            if signum != signal.SIGCHLD:
                self._handle(signum)
        return self._more_to_reap

    def _handle(self, signum: int) -> None:
        name = signal_name(signum)
        if signum in _EXIT_SIGNALS:
            self._log(Level.WARN, f"received {name} indicating exit request")
            self._control.shutdown()
        elif signum == signal.SIGHUP:
            self._handle_hangup()
        elif signum == signal.SIGUSR2:
            self._log(Level.INFO, f"received {name} indicating log reopen request")
            self._reopen_logs()
        else:
            self._log(Level.INFO, f"received {name}, which has no meaning here: ignored")

    def _handle_hangup(self) -> None:
        if self._control.mood() == SupervisorStates.SHUTDOWN:
            self._log(
                Level.WARN, "ignored SIGHUP indicating restart request (shutdown in progress)"
            )
            return
        self._log(Level.WARN, "received SIGHUP indicating restart request")
        try:
            self._configuration.prepare_restart()
            self._control.restart()
        except RequestRefused as refused:
            self._log(
                Level.ERRO,
                f"cannot restart: {refused.extra}; everything goes on as it was "
                "(mend the configuration file and send SIGHUP again)",
            )
