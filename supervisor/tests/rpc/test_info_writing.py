"""getAllProcessInfo from what was known the last time: the same bytes as those of its structs."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.core.component import Now
from supervisor.core.snapshot import NEW, GroupRoll, ProcessSnapshot
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.listing import Listing
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.tests.rpc.world import World, program
from supervisor.wire.xmlrpc import encode_response
from supervisor.wire.xmlrpc_known import encode_elements

NAMES = st.text(max_size=12) | st.sampled_from(
    ["web", "a&b", "<x>", "]]>", "\udcff\x00\r\n", "100%s"]
)
SECONDS = st.sampled_from([0.0, -1.0, 3.999, 4.0, 86400.5, 1.7e9, 1e12])
PICTURES = st.builds(
    NEW._replace.__func__,  # type: ignore[attr-defined]
    st.just(NEW),
    name=NAMES,
    group=NAMES,
    state=st.sampled_from(
        [int(each) for each in vars(ProcessStates).values() if isinstance(each, int)]
    ),
    pid=st.integers(0, 2**22),
    started_wall_s=SECONDS,
    stopped_wall_s=st.sampled_from([0.0, 1.5, 1.7e9]),
    started_mono_s=SECONDS,
    exitstatus=st.none() | st.integers(-1, 255),
    spawnerr=st.none() | NAMES,
)
STEPS = st.lists(
    st.tuples(st.just("picture"), st.integers(1, 4), PICTURES)
    | st.tuples(st.just("gone"), st.integers(1, 4), st.none())
    | st.tuples(st.just("later"), st.sampled_from([0.001, 1.0, 90_000.0]), st.none())
    | st.tuples(st.just("path"), st.integers(1, 4), NAMES),
    max_size=8,
)


class Daemon:
    """What the methods about processes look at, all of it to be changed at will."""

    def __init__(self) -> None:
        self.control = self.logbook = self.clock = self
        self.pictures: dict[int, ProcessSnapshot] = {}
        self.paths: dict[int, str] = {}
        self.revision = 0
        self.time = Now(5.0, 1_700_000_000.9)

    def now(self) -> Now:
        return self.time

    def mood(self) -> int:
        return SupervisorStates.RUNNING

    def marks(self) -> dict[int, Any]:
        return dict(self.pictures)

    def process(self, process_id: int) -> ProcessSnapshot:
        return self.pictures[process_id]

    def rolls(self) -> list[GroupRoll]:
        return [
            GroupRoll(each.group, 0, "program", ((each.name, process_id),))
            for process_id, each in self.pictures.items()
        ]

    def path(self, process_id: int, channel: str) -> str:
        return self.paths.get(process_id, "") if channel == "stdout" else ""

    def change(self, kind: str, which: Any, value: Any) -> None:
        if kind == "later":
            self.time = Now(self.time.mono_s + which, self.time.wall_s + which)
        elif kind == "gone":
            self.pictures.pop(which, None)
            self.revision += 1
        elif kind == "path":
            self.paths[which] = value
            self.revision += 1
        else:
            known = self.pictures.get(which)
            if known is None:
                self.revision += 1
                known = value
            # Who it is never changes.
            self.pictures[which] = value._replace(id=which, name=known.name, group=known.group)


def written(interface: Any) -> bytes:
    listing = interface.getAllProcessInfo()
    assert isinstance(listing, Listing)
    assert listing.is_quick
    return encode_elements(listing.texts() or ())


@settings(max_examples=150)
@given(STEPS)
def test_written_answer_is_what_the_structs_would_be_written_as(
    steps: list[tuple[str, Any, Any]],
) -> None:
    """Whatever has happened between two calls, and whatever processes are called."""
    daemon: Any = Daemon()
    quick, careful = SupervisorInterface(daemon, is_patient=True), SupervisorInterface(daemon)
    for step in [*steps, ("later", 1.0, None)]:
        daemon.change(*step)
        assert written(quick) == encode_response(careful.getAllProcessInfo())


def test_written_answer_tells_what_the_core_knows_now() -> None:
    """Start, stop and time, as the core itself marks them."""
    world: Any = World(program("a"), program("b"))
    quick = SupervisorInterface(world, is_patient=True)
    for act in (
        lambda: None,
        lambda: world.call("startProcess", "a", False),
        lambda: world.pass_s(61.0),
        lambda: world.call("stopProcess", "a", False),
    ):
        act()
        assert written(quick) == encode_response(world.call("getAllProcessInfo"))


def test_what_has_not_changed_is_not_looked_at_again() -> None:
    """Only time passes: no picture is taken, no path asked for."""
    daemon: Any = Daemon()
    daemon.change("picture", 1, NEW._replace(name="web", state=ProcessStates.RUNNING, pid=7))
    quick = SupervisorInterface(daemon, is_patient=True)
    before = written(quick)
    daemon.process = daemon.path = daemon.rolls = None
    daemon.change("later", 60.0, None)
    assert written(quick) == before.replace(b"0:00:05", b"0:01:05").replace(
        b">1700000000<", b">1700000060<"
    )
