"""A plug-in for tests: methods that answer in every way, good and bad."""

import threading
import time
from functools import partial
from typing import Any

from supervisor.http import NOT_DONE_YET
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.xmlrpc import Faults, RPCError

Faults.OUT_OF_COFFEE = 777  # type: ignore[attr-defined, unused-ignore]


class GreenletExit(BaseException):
    """As a library of coroutines has it: no Exception."""


class Unspeakable(Exception):
    """An exception that cannot say what it is about."""

    def __str__(self) -> str:
        raise SystemExit(3)


LEAVING: dict[str, type[BaseException]] = {
    each.__name__: each for each in (SystemExit, KeyboardInterrupt, GeneratorExit, GreenletExit)
}
"""What is raised by who wants to end something greater."""


class Answers:
    """Methods by what becomes of their callers."""

    lambda_ = lambda self: "from a lambda"  # noqa: E731
    not_a_method = staticmethod(lambda: "never")
    value = 5

    def __init__(self, supervisord: Any) -> None:
        self.supervisord = supervisord
        self.asked: list[float] = []

    # -- at once

    @classmethod
    def class_method(cls) -> str:
        return cls.__name__

    def add(self, left: int, right: int = 1) -> int:
        """Add two numbers.

        @param int left    The one.
        @param int right   The other.
        @return int sum    Both together.
        """
        return left + right

    def _hidden(self) -> str:
        return "never"

    # -- badly

    def known_fault(self) -> None:
        raise RPCError(Faults.BAD_NAME, "x")

    def own_fault(self) -> None:
        raise RPCError(777, "sorry")

    def nameless_fault(self) -> None:
        raise RPCError(1234, "custom")

    def strange_fault(self) -> None:
        raise RPCError("no number")  # type: ignore[arg-type]

    def crash(self) -> None:
        raise RuntimeError("boom")

    def type_error(self) -> int:
        return len(5)  # type: ignore[arg-type]

    def nothing(self) -> None:
        return None

    def nonsense(self) -> object:
        return object()

    def leave(self, how: str) -> None:
        raise LEAVING[how](3)

    @property
    def leaving(self) -> int:
        raise SystemExit(3)

    def unspeakable(self) -> None:
        raise Unspeakable

    def slow(self) -> int:
        until_s = time.monotonic() + 1.2
        while time.monotonic() < until_s:
            time.sleep(0.05)
        return 1

    # -- later

    def later(self, polls: int, delay: float) -> Any:
        self.asked.clear()

        def ask() -> Any:
            self.asked.append(time.monotonic())
            return NOT_DONE_YET if len(self.asked) < polls else "done"

        ask.delay = delay  # type: ignore[attr-defined]
        ask.rpcinterface = self  # type: ignore[attr-defined]
        return ask

    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.asked, self.asked[1:], strict=False)]

    def polls(self) -> int:
        return len(self.asked)

    def later_fault(self) -> Any:
        def ask() -> Any:
            raise RPCError(Faults.FAILED, "later")

        ask.delay = 0.01  # type: ignore[attr-defined]
        return ask

    def later_leave(self, how: str) -> Any:
        def ask() -> Any:
            raise LEAVING[how](3)

        ask.delay = 0.01  # type: ignore[attr-defined]
        return ask

    def later_crash(self) -> Any:
        def ask() -> Any:
            raise RuntimeError("later")

        ask.delay = 0.01  # type: ignore[attr-defined]
        return ask

    def without_delay(self) -> Any:
        return lambda: "never"

    def never(self, delay: str) -> Any:
        def ask() -> Any:
            return NOT_DONE_YET

        ask.delay = float(delay)  # type: ignore[attr-defined]
        return ask

    def no_function(self) -> Any:
        return partial(str)

    # -- from another thread

    def in_thread(self, code: str) -> Any:
        """Run code in another thread; the answer comes when it has ended."""
        self.begin(code)
        return self.end()

    def begin(self, code: str) -> bool:
        """Run code in another thread."""
        found: dict[str, Any] = {
            "supervisord": self.supervisord,
            "NOT_DONE_YET": NOT_DONE_YET,
            "SupervisorNamespaceRPCInterface": SupervisorNamespaceRPCInterface,
        }

        def work() -> None:
            try:
                exec(code, found)
            except Exception as error:
                found["answer"] = repr(error)

        self.found = found
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        return True

    def end(self) -> Any:
        """What the code has found; it is asked to end by the attribute `enough`."""
        self.supervisord.enough = True

        def ask() -> Any:
            if self.thread.is_alive():
                return NOT_DONE_YET
            self.supervisord.__dict__.pop("enough", None)
            return repr(self.found.get("answer"))

        ask.delay = 0.01  # type: ignore[attr-defined]
        return ask


def make(supervisord: Any) -> Answers:
    """The factory."""
    return Answers(supervisord)
