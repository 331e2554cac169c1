"""Pools of event listeners: how they are getting on, and queries to them."""

from supervisor.core.control import Ticket
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.expressions import expression
from supervisor.hints import TYPE_CHECKING, Any, Iterator, Sequence
from supervisor.lean import partial
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.family import Family, as_group_name, as_text, as_whole_number
from supervisor.rpc.statuses import refusal_of
from supervisor.states import (
    STOPPED_STATES,
    EventListenerStates,
    ProcessStates,
    getEventListenerStateDescription,
    getProcessStateDescription,
)
from supervisor.wire.namespec import make_namespec
from supervisor.wire.xmlrpc import INT_MAX

if TYPE_CHECKING:
    from supervisor.core.pool_snapshot import PoolSnapshot

TIMEOUT_S_MAX = 3600
"""Longest time that a query waits: the answer is kept for nobody for ever."""

_NO_XML_TEXT = expression("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a string of XML-RPC cannot carry, or not without being changed."""

_NAMED_MAX = 3
"""Listeners that a refusal names."""


class ListenerFamily(Family):
    """Methods about event listeners."""

    def getEventPools(self) -> list[dict[str, Any]]:
        """Tell how the groups of event listeners are getting on with their events.

        Numbers count since the group was added, and stay at 2147483647 when they have got there.

        @return array pools  One struct for each group of event listeners: ``name``; ``waiting``,
            the events in its buffer, of which there may be ``buffer_size``; ``delivered``;
            ``rejected``, repeated rejections of an event included; ``dropped``; ``behind``, whether
            there are more events that it has to take from the event journal; and ``listeners``, a
            struct for each with ``name``, ``state`` (of the conversation) and ``process_state``.
        @role read
        @http GET /listeners
        """
        self._refuse_while_leaving()
        return [self._pool_struct(each) for each in self._services.listeners.snapshots()]

    def getEventJournal(self) -> dict[str, Any]:
        """Tell about the event journal.

        @return struct journal  ``path``, an empty string if there is no journal; and ``lost``, how
            many events could not be written to it since the daemon was started or reloaded.
        @role read
        @http GET /journal
        """
        self._refuse_while_leaving()
        journal = self._services.listeners.journal()
        if journal is None:
            return {"path": "", "lost": 0}
        return {"path": journal.path, "lost": _int(journal.lost)}

    def queryListener(self, pool: str, data: str, timeout_secs: int = 10) -> Any:
        """Ask an event listener something and return its result.

        One listener of the pool gets a MONITOR_QUERY event, whatever events the pool subscribed
        to, in its turn; whatever it answers with RESULT is the result.

        @param string pool      Name of the event listener's section.
        @param string data      What the listener gets as payload.
        @param int timeout_secs  How long to wait for the result, from 1 to 3600.
        @return string result   The result as text; base64 if it is no text that XML can carry.
        @raise INCORRECT_PARAMETERS  The data is not a string.
        @raise BAD_ARGUMENTS    The time cannot be waited for.
        @raise BAD_NAME         There is no pool of that name.
        @raise FAILED           There was no result in time, the query was dropped, or there is no
            listener that could answer: all of them have stopped or have broken the protocol.
        @role operate
        @http POST /listeners/{pool}/query
        """
        self._refuse_while_leaving()
        name, text = as_group_name(pool), as_text(data, "data")
        timeout_s = as_whole_number(timeout_secs, "timeout_secs")
        if not 1 <= timeout_s <= TIMEOUT_S_MAX:
            raise RequestRefused(
                Fault.BAD_ARGUMENTS, f"timeout_secs must be from 1 to {TIMEOUT_S_MAX}"
            )
        self._refuse_if_nobody_listens(name)
        ticket = self._services.listeners.query(name, text, float(timeout_s))
        answer = Deferred()
        # Whoever has gone leaves the room in the buffer, and the listener, to others.
        answer.on_abandoned = partial(self._services.listeners.withdraw, name, ticket)
        ticket.then(lambda known: answer.settle(partial(_result, known, name)))
        return answer

    def _pool_struct(self, pool: "PoolSnapshot") -> dict[str, Any]:
        return {
            "name": pool.name,
            "waiting": _int(pool.waiting),
            "buffer_size": _int(pool.buffer_size),
            "delivered": _int(pool.delivered),
            "rejected": _int(pool.rejected),
            "dropped": _int(pool.dropped),
            "behind": pool.is_behind,
            "listeners": [
                {
                    "name": process.namespec,
                    "state": getEventListenerStateDescription(state),
                    "process_state": getProcessStateDescription(process.state),
                }
                for process, state in self._listeners(pool)
            ],
        }

    def _listeners(self, pool: "PoolSnapshot") -> Iterator[tuple[ProcessSnapshot, int]]:
        """The processes of a pool, and the state of the conversation with each."""
        group = self._services.control.group(pool.name)
        states = dict(pool.listeners)
        for process in () if group is None else group.processes:
            if process.id in states:
                yield process, states[process.id]

    def _refuse_if_nobody_listens(self, name: str) -> None:
        """Raises RequestRefused FAILED if nobody will answer, however long one waits."""
        pools = self._services.listeners.snapshots()
        pool = next((each for each in pools if each.name == name), None)
        if pool is None:
            return
        listeners = list(self._listeners(pool))
        if all(_is_mute(*each) for each in listeners):
            raise RequestRefused(Fault.FAILED, _nobody_listens(name, listeners))


def _is_mute(process: ProcessSnapshot, state: int) -> bool:
    """Whether a listener will take no event before somebody starts it."""
    if process.state == ProcessStates.RUNNING:
        return state == EventListenerStates.UNKNOWN
    return process.state in STOPPED_STATES


def _nobody_listens(name: str, listeners: Sequence[tuple[ProcessSnapshot, int]]) -> str:
    """Why nobody will answer, and what to do."""
    if not listeners:
        return f"pool {name} has no listeners"
    states = [
        f"{process.namespec} has broken the protocol"
        if process.state == ProcessStates.RUNNING
        else f"{process.namespec} is {getProcessStateDescription(process.state)}"
        for process, _ in listeners
    ]
    if len(states) > _NAMED_MAX:
        states[_NAMED_MAX:] = [f"{len(states) - _NAMED_MAX} more likewise"]
    verb = (
        "restart" if any(each.state == ProcessStates.RUNNING for each, _ in listeners) else "start"
    )
    alone = len(listeners) == 1
    what = listeners[0][0].namespec if alone else make_namespec(name, None)
    return (
        f"no listener of pool {name} can answer: {', '.join(states)} (supervisorctl {verb} {what})"
    )


def _int(count: int) -> int:
    return min(count, INT_MAX)


def _result(ticket: Ticket, name: str) -> str | bytes:
    refused = refusal_of(ticket, name)
    if refused is not None:
        raise refused
    text = ticket.text or ""
    # Bytes that are no UTF-8 have come as surrogates.
    return text.encode("utf-8", "surrogateescape") if _NO_XML_TEXT.search(text) else text
