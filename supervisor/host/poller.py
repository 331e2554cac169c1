"""Waiting for file descriptors: level-triggered, and safe against everything a callback may do.

The rules that callbacks rely on:

* Callbacks are looked up when they are called, never before: one that forgets another fd has
  silenced it for the rest of the turn.
* A watch made during a turn is served from the next turn on. What was reported was about the fd's
  earlier meaning (its number may have been closed and used again since); being level-triggered,
  what still holds is reported again.
* A callback may take long, and so may a crowd of them: after `TURN_S_MAX` those that are left have
  to wait for the next turn, so that signals and deadlines are seen in between.
* What children say comes before what clients want, of whom anybody may send as many as he likes:
  they have a shorter time of their own in each turn. Clients who have something new to say come
  before those with whom we have been busy since an earlier turn.
* An exception of a callback goes to `on_error`; the other callbacks of the turn are still called.

The system's own polling object is used directly, not through `selectors`: measured with 1,000
readable pipes it costs 0.2 µs per event instead of 0.5, and 0.8 µs per call instead of 1.5.
epoll where there is one, else poll; both are registered and asked in the same way.
"""

import errno
import select
from time import monotonic

from supervisor.hints import Callable, Protocol

TURN_S_MAX = 0.02
"""When callbacks have taken so long, no further one is made in that turn, clients apart. The next
turn goes round by number from the last fd that had its turn: whatever order the system reports them
in, nobody is left out."""

CLIENTS_S_MAX = 0.005
"""The same for the clients of one `_Rank`; one of them has its turn however long others took."""

WAIT_S_MAX = 2_000_000.0
"""Longest single wait, about 23 days: the system counts milliseconds in 31 bits."""

_READABLE = select.POLLIN
_READ = select.POLLIN | select.POLLPRI
_WRITE = select.POLLOUT
_TROUBLE = select.POLLHUP | select.POLLERR
_INVALID = select.POLLNVAL

Callback = Callable[[], None]


class _PollObject(Protocol):
    """What epoll and poll objects have in common."""

    def register(self, fd: int, eventmask: int, /) -> None: ...
    def modify(self, fd: int, eventmask: int, /) -> None: ...
    def unregister(self, fd: int, /) -> None: ...


class _Rank:
    """Fds that share the time which they have in each turn."""

    __slots__ = ("is_of_clients", "last_fd")

    def __init__(self, *, is_of_clients: bool) -> None:
        self.is_of_clients = is_of_clients
        self.last_fd = -1
        """The last one that had its turn before the time was over; -1 if there was time for all."""

    def place(self, event: tuple[int, int]) -> tuple[bool, int]:
        """Where an fd that is ready comes when they go round."""
        fd = event[0]
        return fd <= self.last_fd, fd


class _Watch:
    """Who is to be called for an fd, and since which turn."""

    __slots__ = ("mask", "on_readable", "on_writable", "rank", "since_turn")

    def __init__(
        self,
        on_readable: Callback | None,
        on_writable: Callback | None,
        rank: _Rank,
        since_turn: int,
    ) -> None:
        self.on_readable = on_readable
        self.on_writable = on_writable
        self.rank = rank
        self.since_turn = since_turn
        self.mask = (_READ if on_readable else 0) | (_WRITE if on_writable else 0)


class SystemPoller:
    """Implements `core.component.Poller`; the loop calls `turn`.

    `on_error(fd, exception)` is told what a callback raised. The fd stays watched, so whoever
    handles the error must cure the cause or forget the fd, or it is called again at once.
    """

    __slots__ = (
        "_epoll",
        "_forgotten",
        "_ours",
        "_poll",
        "_watches",
        "before_others",
        "clients",
        "mono_s",
        "on_error",
        "turns_count",
    )

    def __init__(
        self,
        on_error: Callable[[int, Exception], None],
        mono_s: Callable[[], float] = monotonic,
    ) -> None:
        self.on_error = on_error
        self.mono_s = mono_s
        self._ours = _Rank(is_of_clients=False)
        self.clients = ClientPoller(self)
        """Where the sockets of clients are watched."""
        self.before_others: Callable[[], object] | None = None
        """Called when anybody is ready, before the first of them is: see `host.crowd`."""
        self._watches: dict[int, _Watch] = {}
        self._forgotten: set[int] = set()
        """Since the last wait: reports of them are old news, and no sign of trouble."""
        self.turns_count = 0
        """How often there was a wait."""
        self._epoll: select.epoll | None = None
        self._poll: select.poll | None = None
        self._open()

    def _open(self) -> None:
        if hasattr(select, "epoll"):
            self._epoll = select.epoll()
        else:
            self._poll = select.poll()

    @property
    def _backend(self) -> _PollObject:
        backend = self._epoll if self._epoll is not None else self._poll
        assert backend is not None, "the poller was used after close()"
        return backend

    def watch(
        self,
        fd: int,
        on_readable: Callback | None = None,
        on_writable: Callback | None = None,
    ) -> None:
        """Call back when fd is ready; see `core.component.Poller`.

        Raises OSError: EBADF for an fd that is not open, EPERM for one that is always ready (a
        regular file).
        """
        self.watch_at(self._ours, fd, on_readable, on_writable)

    def watch_at(
        self,
        rank: _Rank,
        fd: int,
        on_readable: Callback | None,
        on_writable: Callback | None,
    ) -> None:
        """Watch an fd that shares its time with others."""
        if on_readable is None and on_writable is None:
            self.forget(fd)
            return
        earlier = self._watches.get(fd)
        watch = _Watch(on_readable, on_writable, rank, self.turns_count)
        if earlier is None:
            self._register(fd, watch.mask)
        else:
            self._modify(fd, watch.mask)
        self._watches[fd] = watch

    def forget(self, fd: int) -> None:
        """Stop watching fd; unknown ones are ignored, closed ones tolerated."""
        if self._watches.pop(fd, None) is not None:
            self._forgotten.add(fd)
            self._unregister(fd)

    def turn(self, timeout_s: float | None) -> int:
        """Wait until an fd is ready, call back, and return how many fds were ready.

        None waits without limit; 0 or less only looks. Signals interrupt the wait only by making
        their own fd readable.

        A hot path: what nearly always happens, an fd that is readable and nothing else, is here
        without a function in between: 0.4 µs for each callback, of which the system needs half.
        """
        if timeout_s is not None and not 0.0 <= timeout_s <= WAIT_S_MAX:
            # Less than zero would mean "without limit" to the system.
            timeout_s = min(max(timeout_s, 0.0), WAIT_S_MAX)
        if self._epoll is not None:
            # All that are ready: nobody of ours may be hidden behind a crowd of clients.
            ready = self._epoll.poll(timeout_s, len(self._watches) or 1)
        else:
            assert self._poll is not None, "the poller was used after close()"
            ready = self._poll.poll(None if timeout_s is None else timeout_s * 1000.0)
        self.turns_count += 1
        if self._forgotten:
            self._forgotten.clear()
        if self.before_others is not None and ready:
            self.before_others()
        if len(ready) == 1:
            self._call_one(*ready[0])
        elif ready and self.clients.has_watched:
            self._call_by_rank(ready)
        elif ready:
            self._call(ready, self._ours)
        return len(ready)

    def _call_one(self, fd: int, mask: int) -> None:
        """Call back for an fd that keeps nobody waiting: half of what `_call` costs.

        The call itself stands in both: one more, for each of them, would be seen.
        """
        self._ours.last_fd = -1
        watch = self._watches.get(fd)
        if watch is None or mask & _INVALID:
            self._serve_unknown(fd)
        elif watch.since_turn < self.turns_count:
            try:
                if mask == _READABLE and watch.on_readable is not None:
                    watch.on_readable()
                else:
                    self._serve(fd, watch, mask)
            except Exception as error:
                # As in `_call`: the boundary between the loop and all that is called from it.
                self.on_error(fd, error)

    def _call_by_rank(self, ready: list[tuple[int, int]]) -> None:
        events: dict[_Rank, list[tuple[int, int]]] = {self._ours: []}
        events |= {rank: [] for rank in self.clients.ranks}
        for event in ready:
            watch = self._watches.get(event[0])
            events[self._ours if watch is None else watch.rank].append(event)
        for rank, of_rank in events.items():
            if of_rank:
                self._call(of_rank, rank)

    def _call(self, ready: list[tuple[int, int]], rank: _Rank) -> None:
        if rank.last_fd >= 0:
            ready.sort(key=rank.place)
        watches, turn, mono_s = self._watches, self.turns_count, self.mono_s
        left_count = len(ready)
        # Whoever is alone keeps nobody waiting.
        until_s = mono_s() if left_count > 1 else 0.0
        until_s += CLIENTS_S_MAX if rank.is_of_clients else TURN_S_MAX
        for fd, mask in ready:
            left_count -= 1
            watch = watches.get(fd)
            if watch is None or mask & _INVALID:
                self._serve_unknown(fd)
                continue
            if watch.since_turn >= turn:
                continue
            try:
                if mask == _READABLE and watch.on_readable is not None:
                    watch.on_readable()
                else:
                    self._serve(fd, watch, mask)
            except Exception as error:
                # The boundary between the loop and everything that is called from it.
                self.on_error(fd, error)
            if left_count and mono_s() > until_s:
                rank.last_fd = fd
                break
        else:
            rank.last_fd = -1

    def close(self) -> None:
        """Give the system's object back; watched fds stay open."""
        self._watches.clear()
        if self._epoll is not None:
            self._epoll.close()
        self._epoll = self._poll = None

    def _serve(self, fd: int, watch: _Watch, mask: int) -> None:
        trouble = mask & _TROUBLE
        on_readable = watch.on_readable
        if on_readable is not None and (mask & _READ or trouble):
            on_readable()
            if self._watches.get(fd) is not watch:
                return
            trouble = 0
        if watch.on_writable is not None and (mask & _WRITE or trouble):
            watch.on_writable()

    def _register(self, fd: int, mask: int) -> None:
        try:
            self._backend.register(fd, mask)
        except FileExistsError:
            # Closed without being forgotten, while a copy elsewhere kept it registered.
            self._backend.modify(fd, mask)

    def _modify(self, fd: int, mask: int) -> None:
        try:
            self._backend.modify(fd, mask)
        except FileNotFoundError:
            # Closed without being forgotten, and the number was used again.
            self._backend.register(fd, mask)

    def _unregister(self, fd: int) -> bool:
        # A hot path: two of these for each child that ends, so without asking `_backend`.
        backend = self._epoll or self._poll
        assert backend is not None, "the poller was used after close()"
        try:
            backend.unregister(fd)
        except (OSError, KeyError):
            # Closed already: the system has forgotten it by itself.
            return False
        return True

    def _serve_unknown(self, fd: int) -> None:
        """A report about an fd that nobody watches, or that is not open: get rid of it."""
        if fd in self._forgotten:
            return
        self._watches.pop(fd, None)
        if not self._unregister(fd) and self._epoll is not None:
            self._rebuild()

    def _rebuild(self) -> None:
        """Start over with a new epoll set.

        The only cure if a watched fd was closed while a copy of it lives on elsewhere: epoll goes
        on reporting it, and cannot be told to stop because the number is no longer ours.
        """
        assert self._epoll is not None
        self._epoll.close()
        self._epoll = select.epoll()
        for fd, watch in list(self._watches.items()):
            try:
                self._epoll.register(fd, watch.mask)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise
                del self._watches[fd]


class ClientPoller:
    """Implements `core.component.Poller` for the sockets of clients: see the rules above.

    Whoever is waited for to read has been asking for something since an earlier turn.
    """

    __slots__ = ("_poller", "has_watched", "ranks")

    def __init__(self, poller: SystemPoller) -> None:
        self._poller = poller
        self.ranks = (_Rank(is_of_clients=True), _Rank(is_of_clients=True))
        """Those who may say something new, and those with whom we are busy."""
        self.has_watched = False

    def watch(
        self,
        fd: int,
        on_readable: Callback | None = None,
        on_writable: Callback | None = None,
    ) -> None:
        """Call back when fd is ready, and its rank has time left. Raises OSError."""
        self.has_watched = True
        self._poller.watch_at(self.ranks[on_writable is not None], fd, on_readable, on_writable)

    def forget(self, fd: int) -> None:
        """Stop watching fd; unknown ones are ignored, closed ones tolerated."""
        self._poller.forget(fd)
