"""Who is told of which class of events: a part of the vocabulary that `events` offers."""

from supervisor.hints import Any, Callable

Callback = Callable[[Any], object]


class Subscriptions:
    """Who is told of which class of events: synchronously, in the order of subscription."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[type, Callback]] = []
        self.on_change: Callable[[], object] | None = None
        """Called after each change; the daemon schedules ticks only for those who want them."""
        self.call: Callable[[Callback, Any], object] = lambda callback, event: callback(event)
        """How a callback is called; the daemon has it guarded, since plug-ins subscribe, too."""

    def subscribe(self, type: type, callback: Callback) -> None:
        """Call back with every event of that class and of those derived from it."""
        self.callbacks.append((type, callback))
        self._changed()

    def unsubscribe(self, type: type, callback: Callback) -> None:
        """End a subscription. Raises ValueError if there is none."""
        self.callbacks.remove((type, callback))
        self._changed()

    def clear(self) -> None:
        """Forget everybody."""
        self.callbacks[:] = []
        self._changed()

    def wants(self, type: type) -> bool:
        """Whether anybody would be told: nothing is made for nobody."""
        return any(issubclass(type, wanted) for wanted, _ in self.callbacks)

    def notify(self, event: Any) -> None:
        """Tell everybody who subscribed to the class of the event or to one above it."""
        for type, callback in tuple(self.callbacks):
            if isinstance(event, type):
                self.call(callback, event)

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


subscriptions = Subscriptions()
"""Those of this process, also a name of `events`. The daemon clears them at each (re)start."""
