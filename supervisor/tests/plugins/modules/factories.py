"""Factories for tests: what they were called with, and how they fail."""

from typing import Any

from supervisor import events


class Heard(events.Event):  # type: ignore[misc, unused-ignore]
    """An event type of the plug-in's own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def payload(self) -> str:
        return f"heard:{self.text}"


# At import, so that the file may name it in `events=`.
events.register("HEARD", Heard)


class Keeper:
    """Remembers what its factory was called with."""

    count = 0

    def __init__(self, supervisord: Any, **options: str) -> None:
        type(self).count += 1
        self.supervisord = supervisord
        self.options = options
        self.groups = sorted(supervisord.process_groups)

    def given(self) -> dict[str, str]:
        return self.options

    def seen_groups(self) -> list[str]:
        return self.groups

    def made(self) -> int:
        return type(self).count

    def say(self, text: str) -> bool:
        events.notify(Heard(text))
        return True


def fail(supervisord: Any, **options: str) -> None:
    """Raises."""
    raise RuntimeError("no licence")


def interrupt(supervisord: Any, **options: str) -> None:
    """Ends as if somebody had pressed Control-C."""
    raise KeyboardInterrupt


def leave(supervisord: Any, **options: str) -> None:
    """Tries to end the daemon."""
    raise SystemExit(0)
