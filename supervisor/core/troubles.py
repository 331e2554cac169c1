"""What makes the daemon FATAL: a set of troubles, each with a key and a sentence.

The daemon is RUNNING again when the set is empty. A trouble is taken out by the success that
disproves it, by the end of the process that it is about, all of them by `clearFatal`. Nothing else
depends on it: whatever is in the set, supervision goes on.
"""

from supervisor.core.commands import WriteLog
from supervisor.hints import Callable, Iterable
from supervisor.levels import Level
from supervisor.tuples import NamedTuple


class Trouble(NamedTuple):
    """One thing that the system refused the daemon."""

    reason: str
    """The whole sentence: cannot do this to that, and why."""
    process_id: int | None
    """The process that it is about; without that process there is no trouble."""


class Troubles:
    """All troubles that are not over, by key."""

    __slots__ = ("_by_key",)

    def __init__(self) -> None:
        self._by_key: dict[str, Trouble] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._by_key)

    def reason(self) -> str | None:
        """What is wrong, oldest first; None if all is well."""
        if not self._by_key:
            return None
        return "; ".join(trouble.reason for trouble in self._by_key.values())

    def add(self, key: str, trouble: Trouble, advice: str) -> list[WriteLog]:
        """Note a trouble; what is known already is not said again."""
        if self._by_key.get(key) == trouble:
            return []
        self._by_key[key] = trouble
        text = (
            f"{trouble.reason}; supervision goes on, in the state FATAL until this is over "
            f"({advice}, or accept it: supervisorctl clearfatal)"
        )
        return [WriteLog(Level.CRIT, text)]

    def end(self, key: str) -> list[WriteLog]:
        """What was refused has worked."""
        return self._end(lambda each, _: each == key)

    def end_with(self, process_ids: Iterable[int]) -> list[WriteLog]:
        """These processes are no more, and what was wrong with them neither."""
        gone = frozenset(process_ids)
        return self._end(lambda _, trouble: trouble.process_id in gone)

    def clear(self) -> list[WriteLog]:
        """Somebody knows, and wants to hear no more of it."""
        reason = self.reason()
        self._by_key.clear()
        if reason is None:
            return []
        return [
            WriteLog(Level.INFO, f"the state is RUNNING again on request, in spite of: {reason}")
        ]

    def _end(self, is_over: Callable[[str, Trouble], bool]) -> list[WriteLog]:
        if not self._by_key:
            return []
        over = {key: trouble for key, trouble in self._by_key.items() if is_over(key, trouble)}
        for key in over:
            del self._by_key[key]
        state = "FATAL, for other reasons" if self._by_key else "RUNNING again"
        return [
            WriteLog(Level.INFO, f"the state is {state}; this is over: {trouble.reason}")
            for trouble in over.values()
        ]
