"""Asking event listeners: a query to a pool, and the result of the listener that took it."""

import re
from functools import partial
from typing import Any

from supervisor.core.control import Ticket
from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.family import Family, as_group_name, as_text, as_whole_number
from supervisor.rpc.statuses import refusal_of

TIMEOUT_S_MAX = 3600
"""Longest time that a query waits: the answer is kept for nobody for ever."""

_NO_XML_TEXT = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a string of XML-RPC cannot carry, or not without being changed."""


class ListenerFamily(Family):
    """Methods about event listeners."""

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
        @raise FAILED           There was no result in time, or the query was dropped.
        """
        self._refuse_while_leaving()
        name, text = as_group_name(pool), as_text(data, "data")
        timeout_s = as_whole_number(timeout_secs, "timeout_secs")
        if not 1 <= timeout_s <= TIMEOUT_S_MAX:
            raise RequestRefused(
                Fault.BAD_ARGUMENTS, f"timeout_secs must be from 1 to {TIMEOUT_S_MAX}"
            )
        ticket = self._services.listeners.query(name, text, float(timeout_s))
        answer = Deferred()
        ticket.then(lambda known: answer.settle(partial(_result, known, name)))
        return answer


def _result(ticket: Ticket, name: str) -> str | bytes:
    refused = refusal_of(ticket, name)
    if refused is not None:
        raise refused
    text = ticket.text or ""
    # Bytes that are no UTF-8 have come as surrogates.
    return text.encode("utf-8", "surrogateescape") if _NO_XML_TEXT.search(text) else text
