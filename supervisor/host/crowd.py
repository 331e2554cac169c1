"""Output that can wait for a moment: what many children print is taken together.

The rules that others rely on:

* News is taken at once as long as there is not more and more of it. When it has woken the daemon up
  `WAKES_COUNT` times, each within `CROWD_S` of the time before (see `host.pipes`), those of whom
  there is news from then on rest: they are looked at every `REST_S`, all together, until there is
  nothing.
* Whatever else becomes ready, those who rest are served first, and before a log is looked at for a
  client whose turn has come by the clock. So nobody who asks can tell the difference: what had been
  printed when a child ended, or when a client asked, is there.
* There is no rest while somebody looks on, nor for `FLOOD_S` after a child has printed so much
  that it might have to wait for us.

Measured with 50 children that print ten lines every 20 ms, on two busy cores: 1.9 ms of the
daemon's time for 1,000 lines, their start included, and 5 context switches; 4.6 ms and 80 without
rests. With rests of 10 ms a third more, with 50 ms a quarter less.

Loaded when there is a crowd: most daemons never see one.
"""

from supervisor.core.component import Timer, Timers
from supervisor.hints import Callable, Final
from supervisor.host.poller import Callback, SystemPoller
from supervisor.suppressing import suppress

REST_S: Final = 0.025
"""Nobody who looks at a file of log lines sees that they come that much later."""


class Crowd:
    """Those who rest."""

    __slots__ = (
        "_had_news",
        "_is_looking",
        "_members",
        "_poller",
        "_resting",
        "_timer",
        "_timers",
        "may_rest",
    )

    def __init__(
        self, poller: SystemPoller, timers: Timers, may_rest: Callable[[float], bool]
    ) -> None:
        """`may_rest` is asked with the time before each further rest. Raises OSError."""
        self._poller = poller
        self._timers = timers
        self.may_rest = may_rest
        self._resting = SystemPoller(poller.on_error, poller.mono_s)
        self._members: dict[int, Callback] = {}
        """Who is to be called for news of them when they do not rest any more."""
        self._timer: Timer | None = None
        """Ends the rest."""
        self._had_news = False
        """Whether anybody has printed something since the rest began."""
        self._is_looking = False

    @property
    def is_resting(self) -> bool:
        """Whether there is a crowd: others of whom there is news are to join it."""
        return self._timer is not None

    def admit(self, fd: int, on_news: Callback, on_rested: Callback) -> None:
        """Let fd rest; `on_rested` is called for it meanwhile.

        Raises OSError, and changes nothing then.
        """
        self._resting.watch(fd, on_rested)
        self._poller.forget(fd)
        self._members[fd] = on_news
        if self._timer is None:
            self._poller.before_others = self.look
            self._begin_rest()

    def forget(self, fd: int) -> None:
        """Stop watching fd; unknown ones are ignored."""
        if self._members.pop(fd, None) is not None:
            self._resting.forget(fd)

    def close(self) -> None:
        """Give the system's object back; watched fds stay open."""
        if self._timer is not None:
            self._timer.cancel()
        self._poller.before_others = None
        self._resting.close()

    def look(self) -> None:
        """Take what has been printed so far."""
        if self._is_looking:
            # Those who follow a log may look at it as soon as it grows.
            return
        self._is_looking = True
        try:
            if self._resting.turn(0.0):
                self._had_news = True
        finally:
            self._is_looking = False

    def _begin_rest(self) -> None:
        self._had_news = False
        self._timer = self._timers.call_at(self._poller.mono_s() + REST_S, self._go_on)

    def _go_on(self) -> None:
        """The time is over: take what there is, and let them rest again if there was any."""
        self.look()
        if self._had_news and self.may_rest(self._poller.mono_s()):
            self._begin_rest()
            return
        for fd, on_news in list(self._members.items()):
            # Short of memory: then it rests on, so that somebody watches it at any time.
            with suppress(OSError):
                self._poller.watch(fd, on_news)
                self.forget(fd)
        if self._members:
            self._begin_rest()
        else:
            self._timer = self._poller.before_others = None
