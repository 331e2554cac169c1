"""Who wants to know what happened: synchronous, in the order of subscription.

What is published are the announcing commands of the core (`StateChange`, `GroupChange`,
`MoodChange`) and `RemoteCommunication`. Nothing is built for nobody: publishing without
subscribers costs one look at an empty list.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class RemoteCommunication(NamedTuple):
    """A client sent a message to whoever listens (`sendRemoteCommEvent`)."""

    kind: str
    data: str


Subscriber = Callable[[Any], None]


class Bus:
    """Hands what is published to all subscribers; one that raises does not stop the others."""

    def __init__(self, report_failure: Callable[[str], None]) -> None:
        self._subscribers: list[Subscriber] = []
        self._report_failure = report_failure

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call subscriber with everything published from now on; returns how to end that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def publish(self, what: Any) -> None:
        """Tell everybody."""
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(what)
            except Exception:
                self._report_failure(f"a subscriber failed on {what!r}")

    def remote_communication(self, kind: str, data: str) -> None:
        """Implements `rpc.ports.Announcer`."""
        self.publish(RemoteCommunication(kind, data))
