"""Answers that come later: withheld until the state change that decides them, never polled."""

from supervisor.hints import Any, Callable


class Deferred:
    """The answer to a call, known now or later: a value or an exception."""

    __slots__ = ("_callbacks", "done", "error", "on_abandoned", "value")

    def __init__(self) -> None:
        self.done = False
        """True once the answer is known."""
        self.value: Any = None
        self.error: Exception | None = None
        """What the call raised; a RequestRefused becomes a fault."""
        self.on_abandoned: Callable[[], object] | None = None
        """Called when nobody wants to know any more: what is done for the answer alone can end."""
        self._callbacks: list[Callable[[Deferred], None]] = []

    def then(self, callback: Callable[["Deferred"], None]) -> None:
        """Call back with this answer when it is known: now, if it already is."""
        if self.done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def result(self) -> Any:
        """The value of a known answer. Raises what the call raised instead."""
        assert self.done, "the answer is not known yet"
        if self.error is not None:
            raise self.error
        return self.value

    def abandon(self) -> None:
        """Nobody waits for the answer any more."""
        if not self.done and self.on_abandoned is not None:
            self.on_abandoned()

    def settle(self, compute: Callable[[], Any]) -> None:
        """Answer with what compute returns or raises; a Deferred it returns is waited for.

        An answer is given once; asking for another one is a mistake of ours.
        """
        assert not self.done, "the answer is known already"
        try:
            value = compute()
        except Exception as error:
            # Whoever asked finds it in the answer. Here it would hit the state change that made
            # the answer known, and others who wait for the same.
            self._give(None, error)
            return
        if isinstance(value, Deferred):
            self.on_abandoned = value.abandon
            value.then(lambda known: self._give(known.value, known.error))
        else:
            self._give(value, None)

    def fail(self, error: Exception) -> None:
        """Answer with an exception."""
        assert not self.done, "the answer is known already"
        self._give(None, error)

    def _give(self, value: Any, error: Exception | None) -> None:
        self.done, self.value, self.error = True, value, error
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)
