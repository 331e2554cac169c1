"""Promised names: what result handlers of event listeners import."""

from typing import Any

from supervisor.events import RejectEvent

__all__ = ["RejectEvent", "default_handler"]


def default_handler(event: Any, response: bytes) -> None:
    """Accept the result `OK` and nothing else. Raises RejectEvent."""
    if response != b"OK":
        raise RejectEvent(response)
