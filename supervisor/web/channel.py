"""One client and its socket: reads requests, sends answers in their order, keeps the deadlines.

All changes to a connection are in this module. It is in exactly one mode; while it is not
SERVING, or a reply has not left completely, no further request is looked at, so that pipelined
requests wait behind a deferred answer, and a client that does not read is not read either.
"""

from supervisor.enums import Enum
from supervisor.hints import Callable
from supervisor.lean import partial
from supervisor.sockets import socket
from supervisor.web.compose import CONTINUE, compose_head
from supervisor.web.connection import Head, Phase, RequestReader
from supervisor.web.gate import GO_ON, Holds, Verdict
from supervisor.web.limits import (
    JOIN_BYTES_MAX,
    RECEIVE_BYTES,
    REQUESTS_PER_TURN_MAX,
    REQUESTS_S_MAX,
)
from supervisor.web.messages import Later, Request, Response, Stream, error_response
from supervisor.web.outbox import Outbox
from supervisor.web.owed import BUSY
from supervisor.web.patience import Awaited, Patience
from supervisor.web.places import FULL
from supervisor.web.refusals import in_form_of
from supervisor.web.service import Service
from supervisor.web.streaming import Streaming
from supervisor.web.transport import Transport, has_hung_up


class Mode(Enum):
    """What a connection is doing."""

    SERVING = "reading requests and sending complete replies"
    WAITING = "a deferred answer is to come"
    STREAMING = "sending an answer piece by piece"
    LINGERING = "everything is sent; the client may read it before the socket is closed"
    CLOSED = "gone"


_AWAITED_IN_PHASE = {
    Phase.IDLE: Awaited.REQUEST,
    Phase.HEAD: Awaited.HEAD,
    Phase.BODY: Awaited.BODY,
}


_ENDS_WITH_THE_CLIENT = (Mode.SERVING, Mode.LINGERING)
"""When it closes its side, no matter whether it would still read."""
_READING = (True, False)
"""Only what the client says is waited for."""


class Channel:
    """One connection, from its acceptance to its end."""

    __slots__ = (
        "_advancing",
        "_body_begun_bytes",
        "_ended",
        "_has_read_all",
        "_interest",
        "_is_due",
        "_last",
        "_later",
        "_mode",
        "_on_closed",
        "_outbox",
        "_patience",
        "_peer",
        "_proof",
        "_reader",
        "_received_bytes",
        "_resuming",
        "_service",
        "_socket",
        "_streaming",
        "_uid",
    )

    def __init__(
        self,
        sock: Transport,
        peer: str,
        uid: int | None,
        service: Service,
        on_closed: Callable[["Channel"], None],
    ) -> None:
        self._socket = sock
        self._peer = peer
        self._uid = uid
        self._service = service
        self._on_closed = on_closed
        self._reader = RequestReader(service.limits, service.bodies)
        self._outbox = Outbox()
        ports = service.ports
        self._patience = Patience(ports.timers, ports.clock, service.limits, self._when_due)
        self._mode = Mode.SERVING
        self._interest = (False, False)
        self._advancing = False
        self._last = False
        """The reply under way is the last one."""
        self._ended = False
        """The client has closed its side: it will ask nothing more, but may still listen."""
        self._has_read_all = False
        """The system had no more of what the client said when it was last asked."""
        self._resuming = False
        """Go on in the next turn although nothing has arrived."""
        self._is_due = False
        """The same for a stream that has more to send: at the end of this turn."""
        self._proof: str | None = None
        """The credentials that let this client in, as it sent them."""
        self._received_bytes = self._body_begun_bytes = 0
        self._later: Later | None = None
        self._streaming: Streaming | None = None

    @property
    def idle_since_s(self) -> float | None:
        """Monotonic time since which the client asks nothing; None if something is under way."""
        patience = self._patience
        return patience.since_s if patience.awaited is Awaited.REQUEST else None

    @property
    def stalled_since_s(self) -> float | None:
        """Monotonic time since which the client has taken nothing that it has to take."""
        patience = self._patience
        return patience.since_s if patience.awaited is Awaited.ROOM else None

    # Called from outside: nothing escapes from these.

    def begin(self) -> None:
        """Serve what the client has said already, then wait for more.

        Most have: who comes for one answer is gone again without ever having been waited for.
        """
        self._guarded(self._receive)

    def refuse(self, status: int) -> None:
        """Tell the client that it is not served, and end."""
        self._guarded(lambda: self._send_error(status, None, "-"))

    def shut_down(self) -> None:
        """End as soon as no answer is owed any more."""
        self._guarded(self._shut_down)

    def reconsider(self, holds: Holds) -> None:
        """End if a stream, or a request that is still arriving, is of somebody who is none now.

        A request that has been judged and has arrived is answered; the next one is judged anew.
        """
        if self._mode is Mode.WAITING:
            return
        request = self._reader.begun if self._streaming is None else self._streaming.request
        if request is not None and not holds(request.caller, self._uid):
            self.close()

    def close(self) -> None:
        """End now; what has not been sent is lost."""
        if self._mode is Mode.CLOSED:
            return
        self._mode = Mode.CLOSED
        # All of this is dropped at once, not when somebody looks for cycles.
        self._patience.end()
        self._reader.close()
        self._outbox.clear()
        if self._later is not None:
            self._later.abandon()
            self._later = None
        self._service.owed.note(self, 0)
        self._service.ports.poller.forget(self._socket.fileno())
        self._socket.close()
        try:
            self._end_stream()
        finally:
            self._on_closed(self)

    def _when_readable(self) -> None:
        self._guarded(self._receive)

    def _when_writable(self) -> None:
        self._guarded(self._go_on)

    def _when_due(self) -> None:
        self._guarded(self._give_up)

    def _when_grown(self) -> None:
        # Called in the middle of a write to the log.
        streaming = self._streaming
        if streaming is None or self._mode is not Mode.STREAMING:
            return
        if self._resuming or self._is_due:
            return
        if streaming.may_end:
            self._resume_stream()
        elif not self._outbox.parts:
            # Else it goes on when the client has taken what it was sent.
            self._service.wakes.ask(self._push)

    def _push(self) -> None:
        """Send what a log has grown by; whether that was all is seen at the end of the turn.

        A hot path, and a cold one: a daemon that has slept until a line came takes 3 us for each
        call of a function. To send before anything else is half of what there is between reading
        the line and sending it. Further growth within this turn makes one more piece, and so few
        are sent to at a time (`Wakes`) that no child has to wait for those who watch it.
        """
        if self._streaming is None or self._mode is not Mode.STREAMING:
            return
        try:
            self._outbox.put(self._streaming.next_piece())
            self._outbox.flush(self._socket)
        except OSError:
            # What could not be read or sent is tried once more below, and what comes of it.
            pass
        except Exception as problem:
            # As in `_guarded`: it must not reach the log, nor the child whose line this is.
            self._service.log_crash(f"Serving {self._peer}", problem)
            self.close()
            return
        self._go_on_at_the_end()

    def _resume_stream(self) -> None:
        if self._mode is not Mode.STREAMING:
            return
        if self._outbox:
            self._resuming = True
            self._settle()
            return
        # A client who has taken all nearly always has room for more: to try it, when everybody
        # else has had his turn, saves to be told that by the system, which is a turn more.
        self._go_on_at_the_end()

    def _go_on_at_the_end(self) -> None:
        self._is_due = True
        ports = self._service.ports
        ports.timers.call_at(ports.clock.mono_s, self._when_writable)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run one step; a fault of ours costs this client its connection, and no one else's."""
        if self._mode is Mode.CLOSED:
            return
        try:
            step()
            self._settle()
        except Exception as problem:
            self._service.log_crash(f"Serving {self._peer}", problem)
            self.close()

    # Reading

    def _receive(self) -> None:
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()  # Reset, or given up by the network: there is nobody left to answer.
            return
        if not data and self._mode not in _ENDS_WITH_THE_CLIENT and not self._outbox:
            # What is to be sent tells it as well, and TLS allows nothing to be sent between.
            is_gone = has_hung_up(self._socket)
        else:
            is_gone = False
        if is_gone or not self._heeds():
            if not data:
                self.close()
            return
        self._ended = not data
        self._has_read_all = len(data) < RECEIVE_BYTES
        self._received_bytes += len(data)
        if self._mode is Mode.SERVING and not self._outbox.parts:
            request = self._reader.whole_request(data)
            if request is not None:
                self._serve_whole(request)
                return
        self._reader.feed(data)
        self._advance()
        streaming = self._streaming
        if streaming is None or streaming.is_finite or self._outbox:
            return
        if self._ended and not (self._resuming or self._is_due):
            # It reads on, perhaps, but there is nothing for it now.
            self.close()

    def _heeds(self) -> bool:
        """Whether it matters what the client says; else it is read to learn when it leaves."""
        if self._streaming is not None:
            return self._streaming.may_end
        return self._mode is not Mode.LINGERING

    def _advance(self) -> None:
        """Answer what has been asked, in order, as far as possible now."""
        if self._advancing:
            return
        self._advancing = True
        clock = self._service.ports.clock
        until_s = clock.mono_s + REQUESTS_S_MAX
        for _ in range(2 * REQUESTS_PER_TURN_MAX):  # Each is two messages: its head, and all.
            if self._mode is not Mode.SERVING or self._outbox or not self._take_message():
                break
            if clock.mono_s > until_s:
                self._go_on_later()
                break
        else:
            self._go_on_later()
        self._advancing = False

    def _go_on_later(self) -> None:
        # Who has to take a reply first is waited for, but not for ever.
        if self._mode is Mode.SERVING and not self._outbox:
            self._resuming = True

    def _take_message(self) -> bool:
        """Act on the next thing the client said; False if it has said nothing more."""
        message = self._reader.next_message()
        if message is None:
            if self._ended:
                self.close()
            return False
        self._patience.renew()
        if isinstance(message, Head):
            self._check_head(message)
        elif isinstance(message, Request):
            self._handle(message)
        else:
            self._send_error(message.status, message.request, message.line)
        return True

    def _serve_whole(self, request: Request) -> None:
        """Answer a request that came in one piece, with a head that is known, as most of them are.

        The same as to take its head, then all of it.
        """
        self._patience.renew()
        verdict = self._judge(request)
        if verdict is None:
            self._handle(request)
        else:
            self._reader.take_back(request)
            self._obey(verdict, Head(request, expects_continue=False))
            self._advance()

    def _check_head(self, head: Head) -> None:
        """Before the body is read: nobody stores megabytes with us without a password."""
        verdict = self._judge(head.request)
        if verdict is None:
            self._admit(head, GO_ON)
        else:
            self._obey(verdict, head)

    def _judge(self, request: Request) -> Verdict:
        """What the gate has to say of a request."""
        service = self._service
        request.peer = self._peer if self._uid is None else f"{self._peer} (uid {self._uid})"
        request.is_secure = service.is_secure
        request.is_proven = (
            self._proof is not None and request.header(b"authorization") == self._proof
        )
        return None if service.gate is None else service.gate(request, self._uid)

    def _obey(self, verdict: Later | Response, head: Head) -> None:
        if isinstance(verdict, Later):
            self._await(verdict, partial(self._admit, head))
        else:
            self._admit(head, verdict)

    def _admit(self, head: Head, response: Response | Stream) -> None:
        """The gate has said what becomes of a request."""
        assert isinstance(response, Response), "a gate sends no streams"
        if response is not GO_ON:
            # It is the last one: the body that may follow is never read.
            last = in_form_of(head.request, response)._replace(closes=True)
            self._send_response(last, head.request, head.request.line)
            return
        if head.request.caller.how == "password":
            self._proof = head.request.header(b"authorization")
        if head.expects_continue:
            self._send(CONTINUE)

    def _handle(self, request: Request) -> None:
        try:
            answer = self._service.app(request)
        except Exception as problem:
            self._service.log_crash(f'Answering "{request.line}" of {self._peer}', problem)
            answer = error_response(500)
        # It may be many megabytes, and nobody looks at it again.
        request.body = b""
        if isinstance(answer, Later):
            self._await(answer, partial(self._answer, request))
        else:
            self._answer(request, answer)

    def _answer(self, request: Request, answer: Response | Stream) -> None:
        if isinstance(answer, Response):
            self._send_response(answer, request, request.line)
        else:
            self._begin_stream(answer, request)

    def _await(self, later: Later, act: Callable[[Response | Stream], None]) -> None:
        """Do nothing else until the answer is known, then act on it."""

        def go_on(response: Response | Stream) -> None:
            self._mode = Mode.SERVING
            self._later = None
            act(response)
            self._advance()

        self._mode = Mode.WAITING
        self._later = later
        later.then(lambda response: self._guarded(lambda: go_on(response)))

    # Sending

    def _send_error(self, status: int, request: Request | None, line: str) -> None:
        refusal = in_form_of(request, error_response(status, closes=True))
        self._send_response(refusal, request, line)

    def _send_response(self, response: Response, request: Request | None, line: str) -> None:
        service = self._service
        length_bytes = response.length_bytes
        if length_bytes > JOIN_BYTES_MAX and not service.owed.make_room(length_bytes):
            response = in_form_of(request, BUSY)
            length_bytes = response.length_bytes
        self._last = (
            request is None or response.closes or service.closing or not request.keeps_alive
        )
        head = compose_head(response, request, service.stamp, keeps_alive=not self._last)
        if request is not None and request.method == "HEAD":
            length_bytes = 0
        service.log_access(self._peer, line, response.status, len(head) + length_bytes)
        if not length_bytes:
            self._send(head)
        elif length_bytes <= JOIN_BYTES_MAX:
            self._send(b"".join((head, response.body, *response.more)))
        else:
            self._send(head, response.body, *response.more)

    def _send(self, *parts: bytes) -> None:
        self._outbox.put(*parts)
        self._flush()

    def _flush(self) -> None:
        before_bytes = self._outbox.sent_bytes
        try:
            self._outbox.flush(self._socket)
        except OSError:
            # Broken pipe or reset: there is nobody left to answer.
            self.close()
            return
        if self._outbox.sent_bytes > before_bytes:
            self._patience.renew()
        if self._last and not self._outbox and self._mode is Mode.SERVING:
            self._linger()

    def _go_on(self) -> None:
        """The client takes more, or the work of the last turn was cut short."""
        self._resuming = self._is_due = False
        self._flush()
        if self._streaming is not None and not self._outbox:
            self._send_piece(self._streaming)
        elif self._mode is Mode.SERVING:
            self._advance()

    def _linger(self) -> None:
        """Let the client read what is sent: closing with unread input resets the connection."""
        if self._ended or self._has_all_of_a_neighbour():
            self.close()
            return
        self._mode = Mode.LINGERING
        self._reader.close()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def _has_all_of_a_neighbour(self) -> bool:
        """Whether nothing unread is lost on a unix socket: what was sent there stays readable.

        Only there clients are known as users. Over TCP something may always be on its way.
        """
        return (
            self._uid is not None
            and self._has_read_all
            and self._reader.is_idle
            and self._socket.type == socket.SOCK_STREAM
        )

    # Streams

    def _begin_stream(self, stream: Stream, request: Request) -> None:
        give_back = self._service.places.take(stream, request)
        if give_back is None:
            stream.close()
            self._send_response(FULL, request, request.line)
            return
        streaming = self._streaming = Streaming(stream, request, give_back)
        self._mode = Mode.STREAMING
        self._outbox.sent_bytes = 0
        stream.on_growth(self._when_grown)
        self._last = streaming.closes or (
            streaming.may_end and (self._service.closing or not request.keeps_alive)
        )
        self._send_piece(streaming, streaming.head(self._service.stamp, closes=self._last))

    def _send_piece(self, streaming: Streaming, head: bytes = b"") -> None:
        piece = streaming.next_piece()
        if streaming.is_over:
            self._finish_stream(streaming, head + piece)
        elif self._ended and streaming.may_end and not streaming.is_finite and not head + piece:
            # As in `_receive`.
            self.close()
        else:
            self._send(head + piece)
            if self._streaming is streaming and not self._outbox:
                remainder = streaming.remainder()
                if remainder:
                    self._send(remainder)
            # There may be more, but first the other clients have their turn.
            self._resuming = self._resuming or streaming.has_more

    def _finish_stream(self, streaming: Streaming, rest: bytes) -> None:
        self._mode = Mode.SERVING
        self._resuming = False
        self._send(rest + streaming.end())
        self._end_stream()
        self._advance()

    def _end_stream(self) -> None:
        streaming, self._streaming = self._streaming, None
        if streaming is not None:
            self._service.wakes.forget(self._push)
            streaming.close()
            line = streaming.request.line
            self._service.log_access(self._peer, line, streaming.status, self._outbox.sent_bytes)

    # Ending

    def _shut_down(self) -> None:
        if self._streaming is not None and self._streaming.is_finite:
            # It goes on to its end.
            self._last = True
        elif self._streaming is not None:
            self._last = True
            self._finish_stream(self._streaming, self._streaming.rest())
        elif self._mode is Mode.SERVING and self._outbox:
            self._last = True
        elif self._mode is Mode.SERVING and not self._advancing:
            self.close()

    def _give_up(self) -> None:
        """The deadline has been reached."""
        awaited = self._patience.awaited
        if awaited is Awaited.BODY:
            arrived_bytes = self._received_bytes - self._body_begun_bytes
            if arrived_bytes >= self._service.limits.body_bytes_min:
                self._patience.renew()
                return
        if awaited in (Awaited.HEAD, Awaited.BODY):
            self._send_error(408, None, self._reader.begun_line)
        else:
            self.close()

    # After every step: what to wait for, and until when

    def _settle(self) -> None:
        if (
            self._mode is Mode.SERVING
            and self._interest == _READING
            and not (self._resuming or self._ended or self._outbox.parts)
            and self._reader.phase is Phase.IDLE
        ):
            # After nearly each request: all is as it was before.
            self._patience.expect(Awaited.REQUEST)
        elif self._mode is not Mode.CLOSED:
            self._service.owed.note(self, self._outbox.held_bytes)
            self._watch()
            awaited = self._what_is_awaited()
            if self._patience.expect(awaited) and awaited is Awaited.BODY:
                self._body_begun_bytes = self._received_bytes

    def _watch(self) -> None:
        interest = (self._wants_input(), bool(self._outbox) or self._resuming)
        if interest == self._interest:
            return
        self._interest = interest
        self._service.ports.poller.watch(
            self._socket.fileno(),
            self._when_readable if interest[0] else None,
            self._when_writable if interest[1] else None,
        )

    def _wants_input(self) -> bool:
        if self._ended:
            return False
        if self._mode is Mode.SERVING:
            # What has been sent ahead comes first, however much more there is of it.
            return not (self._outbox or self._resuming)
        if self._heeds():
            return self._reader.held_bytes < self._service.limits.pipelined_bytes_max
        return True

    def _what_is_awaited(self) -> Awaited:
        if self._mode is Mode.LINGERING:
            return Awaited.GOODBYE
        if self._streaming is not None and self._streaming.may_end:
            # Ready for more also where the system has just taken all that it had room for.
            return Awaited.ROOM if self._outbox or self._resuming else Awaited.US
        if self._mode is not Mode.SERVING or self._resuming:
            return Awaited.US
        if self._outbox:
            return Awaited.ROOM
        return _AWAITED_IN_PHASE[self._reader.phase]
