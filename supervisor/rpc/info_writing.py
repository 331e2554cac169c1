"""getAllProcessInfo as XML, made of what was known the last time.

Dashboards ask every second, and between two of their calls hardly anything happens. So the values
of each struct are kept as they are written, but for the two that change with time (`now`, and for
how long a process is up), until the core knows something else of the process. Measured for 1,000
programs: 10 k instructions for each instead of 100 k, and 0.6 KiB of memory; whole texts would
take 1 k, and 1 KiB. The rule: it is byte for byte what `wire.xmlrpc` makes of the structs of
`rpc.info`; a law asks for that.
"""

from supervisor.core.component import Now
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Any, Callable, Final, Iterator, Sequence
from supervisor.rpc.info import capped_int, up_words, uptime_text
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates
from supervisor.wire.xmlrpc import write_value
from supervisor.wire.xmlrpc_known import clean_bytes

_TIME: Final = b"<int>1<"
"""Where the template has `now`; all other ints are 0 there."""

_Kept = tuple[object, tuple[bytes | int, ...], float | None, bytes]
"""Of one process: the mark of what the core knew; the values that go into the template; since when
it is up, if it is; its description, but for how long that is."""


class InfoWriter:
    """Writes structs of processes for one interface."""

    __slots__ = ("_info", "_kept", "_revision", "_services", "_states", "_template")

    def __init__(
        self, services: Services, info: Callable[[ProcessSnapshot, Now], dict[str, Any]]
    ) -> None:
        self._services = services
        self._info = info
        """The careful way."""
        self._kept: dict[int, _Kept] = {}
        self._revision: tuple[int, int] | None = None
        """What is kept holds as long as this is so."""
        self._template = b""
        self._states: dict[str, bytes] = {}
        """Names of states as they are written: one object for all processes."""

    def write(self, process_ids: Sequence[int]) -> bytes:
        """Elements of an array, of those processes that are there."""
        control, now = self._services.control, self._services.clock.now()
        revision = (control.revision, self._services.logbook.revision)
        if revision != self._revision:
            self._revision = revision
            self._kept.clear()
        marks, kept, uptimes = control.marks(), self._kept, dict[int, bytes]()
        mono_s, time = now.mono_s, b"<int>%d<" % capped_int(now.wall_s)
        written: list[bytes | int] = []
        count = 0
        for process_id in process_ids:
            mark = marks.get(process_id)
            each = kept.get(process_id)
            if each is None or each[0] is not mark:
                if mark is None:
                    # Removed since the array was begun.
                    continue
                each = kept[process_id] = self._look(process_id, mark, now)
            _, values, since_s, words = each
            if since_s is not None:
                up_s = int(mono_s - since_s)
                uptime = uptimes.get(up_s)
                if uptime is None:
                    # Many have been started in the same second.
                    uptime = uptimes[up_s] = uptime_text(up_s).encode()
                words += uptime
            written += values
            written.append(words)
            count += 1
        # By one call, so that no text of a process is in memory by itself.
        return self._template.replace(_TIME, time) * count % tuple(written)

    def _look(self, process_id: int, mark: object, now: Now) -> _Kept:
        process = self._services.control.process(process_id)
        info = self._info(process, now)
        if not self._template:
            self._template = _template_of(info)
        words, since_s = clean_bytes(info.pop("description")), None
        if process.state == ProcessStates.RUNNING:
            words, since_s = up_words(process).encode(), process.started_mono_s
        del info["now"]
        return mark, tuple(self._values(info)), since_s, words

    def _values(self, info: dict[str, Any]) -> Iterator[bytes | int]:
        """The values of a struct as they are written; what is there twice is one object."""
        texts: dict[str, bytes] = {}
        for name, value in info.items():
            if not isinstance(value, str):
                yield value
                continue
            known = self._states if name == "statename" else texts
            text = known.get(value)
            if text is None:
                text = known[value] = clean_bytes(value)
            yield text


def _template_of(info: dict[str, Any]) -> bytes:
    """A struct with places for its values; its description is the last one."""
    assert list(info)[-1] == "description", "the description has to be the last member"
    sample = {name: "%s" if isinstance(value, str) else 0 for name, value in info.items()}
    out: list[str] = []
    write_value(sample | {"now": 1}, out, 0)
    return "".join(out).replace("<int>0<", "<int>%d<").encode()
