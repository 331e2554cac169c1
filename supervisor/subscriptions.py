"""Who is told of which class of events: a part of the vocabulary that `events` offers."""

from supervisor.hints import Any, Callable

Callback = Callable[[Any], object]


class Subscriptions:
    """Who is told of which class of events: synchronously, in the order of subscription."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[type, Callback]] = []
        self.on_change: Callable[[], object] | None = None
        """Called after each change; the daemon schedules ticks only for those who want them."""
        self.call: Callable[[Callback, Any], object] | None = None
        """How a callback is called, if that takes more than a call: that of a plug-in does."""
        self.on_failure: Callable[[Any], object] | None = None
        """Told of the event if a callback raises anything; None: the exception goes on."""
        self._known: tuple[tuple[type, Callback], ...] = ()
        self._callbacks_of: dict[type, tuple[Callback, ...]] = {}
        """Who is told of events of a class, as long as those who subscribed are `_known`."""

    def subscribe(self, type: type, callback: Callback) -> None:
        """Call back with every event of that class and of those derived from it."""
        self.callbacks.append((type, callback))
        self._changed()

    def unsubscribe(self, type: type, callback: Callback) -> None:
        """End a subscription. Raises ValueError if there is none."""
        for place, (kind, known) in enumerate(self.callbacks):
            # Without comparing it with those before it, which may not like that.
            if kind is type and known is callback:
                del self.callbacks[place]
                break
        else:
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
        """Tell everybody who subscribed to the class of the event or to one above it.

        A hot path of bursts: who that is was found out for the last event of the class.
        """
        known = tuple(self.callbacks)
        try:
            is_changed = known != self._known
        except Exception:
            # What can be called may be compared in any way, but not with itself: that is known.
            is_changed = True
        if is_changed:
            # Not before now: the list is public, and may have been changed by anybody.
            self._known = known
            self._callbacks_of.clear()
        callbacks = self._callbacks_of.get(type(event))
        if callbacks is None:
            callbacks = tuple(callback for kind, callback in known if isinstance(event, kind))
            if all(type(kind) is type for kind, _ in known):
                # Others, abstract ones among them, may judge each event by itself.
                self._callbacks_of[type(event)] = callbacks
        call = self.call
        for callback in callbacks:
            if call is not None:
                call(callback, event)
                continue
            # Guarded without a call more for each subscriber.
            try:
                callback(event)
            except BaseException:
                # Modules of result handlers and the like may subscribe, and raise anything.
                if self.on_failure is None:
                    raise
                self.on_failure(event)

    def _changed(self) -> None:
        # Not left to the comparison: a callback may be equal to another one.
        self._callbacks_of.clear()
        if self.on_change is not None:
            self.on_change()


subscriptions = Subscriptions()
"""Those of this process, also a name of `events`. The daemon clears them at each (re)start."""
