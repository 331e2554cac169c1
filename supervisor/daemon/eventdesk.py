"""Events in the daemon: who announces, who is told, and when there are ticks; put together.

There is one list of subscriptions in the process, which plug-ins import. Each life of the daemon
begins with an empty one, and goes on with the serials of the life before.
"""

from supervisor.config.sections.supervisord import SupervisordSettings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.core import inputs
from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.component import Clock, Timers
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.daemon.announcer import Announcer
from supervisor.daemon.latepools import LatePools
from supervisor.daemon.ticks import Ticks
from supervisor.hints import TYPE_CHECKING, Any, Callable
from supervisor.logs.rotation import Disposals
from supervisor.rpc.ports import Log
from supervisor.subscriptions import Callback, Subscriptions, subscriptions
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.core.pool_snapshot import JournalSnapshot
    from supervisor.daemon.journal import EventJournal
    from supervisor.daemon.poolports import Leveled
    from supervisor.daemon.pools import ListenerPools


class DeskPorts(NamedTuple):
    """What events need of the daemon."""

    clock: Clock
    timers: Timers
    log: Log
    process: Callable[[int], ProcessSnapshot]
    submit: Callable[[Any], None]
    """Tells the core that something happened."""
    send: Callable[[int, bytes], bool]
    """Queues bytes for the stdin of a process; True if the pipe took all. Raises RequestRefused."""
    report_failure: Callable[[str], None]
    main_log: "Leveled"
    """Which lines are written to the log."""
    disposal: Disposals | None = None
    """Who deletes large backups of the event journal."""


class EventDesk:
    """Announcer, pools and ticks of one life of the daemon."""

    def __init__(
        self,
        ports: DeskPorts,
        identifier: str,
        predecessor: "EventDesk | None" = None,
        subscriptions: Subscriptions = subscriptions,
    ) -> None:
        self._ports = ports
        self._identifier = identifier
        self._subscriptions = subscriptions
        self._on_moment: Callable[[StateChange | None], None] | None = None
        subscriptions.on_change = None
        subscriptions.clear()
        subscriptions.call, subscriptions.on_failure = None, self._report_failure
        serial = 0 if predecessor is None else predecessor.announcer.next_serial
        self.announcer: Announcer = Announcer(subscriptions, ports.process, serial)
        self.ticks = Ticks(ports.clock, ports.timers, self.announcer)
        self.pools = LatePools(self._make_pools, self._journal_snapshot)
        subscriptions.on_change = self._subscriptions_changed
        self._journal: EventJournal | None = None

    def _make_pools(self) -> "ListenerPools":
        # Late: see `daemon.late`.
        from supervisor.daemon.judges import judge_of
        from supervisor.daemon.poolports import PoolPorts
        from supervisor.daemon.pools import ListenerPools

        ports, resolve = self._ports, SystemSurroundings.resolve_entry_point
        pools = ListenerPools(
            PoolPorts(
                ports.clock,
                ports.timers,
                ports.log,
                self.announcer,
                self._subscriptions,
                ports.send,
                lambda process_id, reason: ports.submit(inputs.Doomed(process_id, reason)),
                lambda handler: judge_of(handler, resolve, ports.clock, ports.log),
                self._identifier,
                ports.main_log,
            )
        )
        if self._journal is not None:
            pools.use_journal(self._journal)
        return pools

    # -- the journal -----------------------------------------------------------------------------

    def open_journal(self, settings: SupervisordSettings) -> None:
        """Keep all events from now on, if that is configured; before anybody else subscribes."""
        if settings.event_journal is None:
            return
        # Late: it needs JSON, which costs memory that only daemons with a journal shall pay.
        from supervisor.daemon.journal import EventJournal, JournalPorts, journal_writer

        ports = JournalPorts(self._ports.clock, self._ports.timers, self._ports.log, self.announcer)
        writer = journal_writer(settings, self._ports.log, self._ports.disposal)
        self._journal = EventJournal(writer, ports)
        self._journal.open(self._subscriptions)

    def _journal_snapshot(self) -> "JournalSnapshot | None":
        return None if self._journal is None else self._journal.snapshot()

    def reopen_journal(self) -> None:
        """Open it by its name again (SIGUSR2)."""
        if self._journal is not None:
            self._journal.reopen()

    def close(self) -> None:
        """Note how far the pools have got: nothing more will happen."""
        if self._journal is not None:
            self._journal.close()

    # -- what happens ----------------------------------------------------------------------------

    def attach_plugins(
        self,
        tell: Callable[[Callback, Any], object],
        supervisord: Any,
        process_of: Callable[[int], Any],
        on_moment: Callable[[StateChange | None], None],
    ) -> None:
        """From now on plug-ins may subscribe: who tells them, and what events show them.

        While a change of state is told, processes look as they did then: `on_moment` is called
        with the change, and with None when it has been told.
        """
        self._on_moment = on_moment
        self._subscriptions.call = tell
        self.announcer.process_of = process_of
        self.ticks.supervisord = lambda: supervisord

    def publish(self, change: StateChange | GroupChange | MoodChange) -> None:
        """Something changed: pools first, so that no event is sent to a listener that is gone."""
        if isinstance(change, StateChange):
            self.pools.process_changed(change)
        if self._on_moment is None or not isinstance(change, StateChange):
            self.announcer.announce(change)
            return
        self._on_moment(change)
        try:
            self.announcer.announce(change)
        finally:
            self._on_moment(None)

    def _subscriptions_changed(self) -> None:
        self.announcer.subscriptions_changed()
        self.ticks.subscriptions_changed()

    def _report_failure(self, event: Any) -> None:
        self._ports.report_failure(f"a subscriber failed on {type(event).__name__}")
