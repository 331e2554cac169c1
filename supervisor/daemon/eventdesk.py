"""Events in the daemon: who announces, who is told, and when there are ticks; put together.

There is one list of subscriptions in the process, which plug-ins import. Each life of the daemon
begins with an empty one, and goes on with the serials of the life before.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from supervisor import events
from supervisor.config.surroundings import SystemSurroundings
from supervisor.core import inputs
from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.component import Clock, Timers
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.daemon.announcer import Announcer
from supervisor.daemon.judges import judge_of
from supervisor.daemon.pools import ListenerPools, PoolPorts
from supervisor.daemon.ticks import Ticks
from supervisor.rpc.ports import Log
from supervisor.subscriptions import Callback, Subscriptions


class DeskPorts(NamedTuple):
    """What events need of the daemon."""

    clock: Clock
    timers: Timers
    log: Log
    process: Callable[[int], ProcessSnapshot]
    submit: Callable[[Any], None]
    """Tells the core that something happened."""
    send: Callable[[int, bytes], None]
    """Queues bytes for the stdin of a process. Raises RequestRefused."""
    report_failure: Callable[[str], None]


class EventDesk:
    """Announcer, pools and ticks of one life of the daemon."""

    def __init__(
        self,
        ports: DeskPorts,
        identifier: str,
        predecessor: "EventDesk | None" = None,
        subscriptions: Subscriptions = events.subscriptions,
    ) -> None:
        self._ports = ports
        self._subscriptions = subscriptions
        subscriptions.on_change = None
        subscriptions.clear()
        subscriptions.call = self._call
        serial = 0 if predecessor is None else predecessor.announcer.next_serial
        self.announcer: Announcer = Announcer(subscriptions, ports.process, serial)
        self.ticks = Ticks(ports.clock, ports.timers, self.announcer)
        resolve = SystemSurroundings().resolve_entry_point
        self.pools = ListenerPools(
            PoolPorts(
                ports.clock,
                ports.timers,
                ports.log,
                self.announcer,
                subscriptions,
                ports.send,
                lambda process_id, reason: ports.submit(inputs.Doomed(process_id, reason)),
                lambda handler: judge_of(handler, resolve, ports.clock, ports.log),
                identifier,
            )
        )
        subscriptions.on_change = self._subscriptions_changed

    def publish(self, change: StateChange | GroupChange | MoodChange) -> None:
        """Something changed: pools first, so that no event is sent to a listener that is gone."""
        if isinstance(change, StateChange):
            self.pools.process_changed(change)
        self.announcer.announce(change)

    def _subscriptions_changed(self) -> None:
        self.announcer.subscriptions_changed()
        self.ticks.subscriptions_changed()

    def _call(self, callback: Callback, event: Any) -> None:
        try:
            callback(event)
        except Exception:
            self._ports.report_failure(f"a subscriber failed on {type(event).__name__}")
