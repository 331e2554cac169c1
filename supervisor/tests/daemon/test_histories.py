"""Histories of processes: what is counted, what is kept, and what that costs."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from supervisor.core.commands import GroupChange, StateChange
from supervisor.core.inputs import Ending
from supervisor.core.policies import StartPolicy
from supervisor.core.process_values import Detail, Process
from supervisor.daemon.histories import MOMENTS_MAX, WORDS_CHARS_MAX, Histories
from supervisor.rpc.ports import Career, Moment
from supervisor.states import ProcessStates
from supervisor.tests.daemon.stage import AT_ONCE, Stage, program
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import Behaviour

NO_CAREER = Career(0, 0, 0, 0, "")
STATES = sorted(ProcessStates.__dict__[name] for name in ("STOPPED", "RUNNING", "BACKOFF", "FATAL"))


class Book:
    """Histories of processes that exist as long as they are not in `gone`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.gone: set[int] = set()
        self.histories = Histories(lambda process_id: process_id not in self.gone)

    def enter(
        self, state: int, ending: str | None = None, process_id: int = 1, *, expected: bool = True
    ) -> None:
        ended = None if ending is None else Ending(-1, 15, ending)
        detail = Detail(self.clock.now(), ending=ended)
        process = Process(process_id, spawnerr=None if expected else "unexpected")
        change = StateChange(
            process_id, "p", "g", 0, state, 7, 0, expected, Process(process_id), process, detail
        )
        self.histories.note(change)


def story(stage: Stage) -> Histories:
    """Histories of what the core of a stage has announced."""
    histories = Histories(lambda process_id: True)
    for change in stage.published:
        histories.note(change)
    return histories


def test_process_that_never_did_anything_has_no_history() -> None:
    """Also one that is not known at all."""
    book = Book()
    assert book.histories.moments(1) == ()
    assert book.histories.career(1) == NO_CAREER


def test_exits_are_told_in_words() -> None:
    """What it did, how it ended, and whether that was expected."""
    stage = Stage().add(program(start=AT_ONCE))
    stage.kernel.behaviours["web"] = Behaviour(runs_s=5.0, exitcode=3)
    stage.begin().run(stage.pass_s(6.0))
    histories = story(stage)
    said = [(each.state, each.why) for each in histories.moments(1)]
    assert said[:3] == [
        (ProcessStates.STARTING, ""),
        (ProcessStates.RUNNING, ""),
        (ProcessStates.EXITED, "exit status 3"),
    ]
    career = histories.career(1)
    assert (career.exits_unexpected, career.exits_expected) == (1, 0)
    assert (career.last_exit, career.last_exit_code) == ("exit status 3", 3)


def test_each_failed_start_is_told_with_its_reason() -> None:
    """Not only the first of a series, other than PROCESS_STATE_CHANGE events."""
    retry = StartPolicy(up_after_s=10.0, retries_max=2)
    stage = Stage().add(program(start=retry))
    stage.kernel.behaviours["web"] = Behaviour(runs_s=0.5, exitcode=1)
    stage.begin().run(*[stage.pass_s(1.0)] * 20)
    histories = story(stage)
    backoffs = [e.why for e in histories.moments(1) if e.state == ProcessStates.BACKOFF]
    assert backoffs == ["exited too quickly (exit status 1)"] * 3
    last = histories.moments(1)[-1]
    assert (last.state, last.why) == (
        ProcessStates.FATAL,
        "exited too quickly (exit status 1)",
    )
    assert histories.career(1) == Career(3, 0, 0, 3, "exit status 1", 1)


def test_counts_are_those_of_entered_states() -> None:
    """A stop that was asked for is no exit; how it ended is known all the same."""
    book = Book()
    for _ in range(3):
        book.enter(ProcessStates.STARTING)
        book.enter(ProcessStates.RUNNING)
        book.enter(ProcessStates.EXITED, "exit status 0")
    book.enter(ProcessStates.STARTING)
    book.enter(ProcessStates.BACKOFF, "exit status 9", expected=False)
    book.enter(ProcessStates.STARTING)
    book.enter(ProcessStates.RUNNING)
    book.enter(ProcessStates.EXITED, "exit status 1", expected=False)
    book.enter(ProcessStates.STARTING)
    book.enter(ProcessStates.STOPPING)
    book.enter(ProcessStates.STOPPED, "terminated by SIGTERM")
    assert book.histories.career(1) == Career(6, 3, 1, 1, "terminated by SIGTERM", -1)


@given(
    st.lists(
        st.tuples(st.sampled_from(STATES), st.none() | st.text(max_size=5), st.floats(0, 1e6)),
        max_size=3 * MOMENTS_MAX,
    )
)
def test_last_moments_are_kept_as_they_were(steps: list[tuple[int, str | None, float]]) -> None:
    """Whatever is said in them, and however many there are: packing loses nothing
    but what is below a millisecond.
    """
    book = Book()
    kept = []
    for state, ending, later_s in steps:
        book.clock.advance(later_s)
        book.enter(state, ending)
        said = "" if ending is None or state == ProcessStates.RUNNING else ending
        if state in (ProcessStates.BACKOFF, ProcessStates.FATAL) and ending is not None:
            said = f"exited too quickly ({ending})"
        kept.append(Moment(int(book.clock.now().wall_s * 1000) / 1000, state, said))
    assert list(book.histories.moments(1)) == kept[-MOMENTS_MAX:]


def test_words_that_are_always_new_do_not_gather() -> None:
    """Only those that a kept moment says are kept."""
    book = Book()
    for number in range(1000):
        book.enter(ProcessStates.STOPPED, f"reason {number}")
    whys = [each.why for each in book.histories.moments(1)]
    assert whys == [f"reason {number}" for number in range(1000 - MOMENTS_MAX, 1000)]


def test_long_reasons_are_cut() -> None:
    """What a path or an error message makes of them has a limit."""
    book = Book()
    book.enter(ProcessStates.STOPPED, "x" * WORDS_CHARS_MAX)
    book.enter(ProcessStates.STOPPED, "x" * (WORDS_CHARS_MAX + 1))
    whys = [each.why for each in book.histories.moments(1)]
    assert whys == ["x" * WORDS_CHARS_MAX, "x" * (WORDS_CHARS_MAX - 1) + "…"]


def test_removed_processes_are_forgotten() -> None:
    """With their group, or later: plug-ins take out processes without removing a group."""
    book = Book()
    for process_id in (1, 2):
        book.enter(ProcessStates.RUNNING, process_id=process_id)
    book.gone = {1}
    book.histories.note(GroupChange("g", added=True))
    assert book.histories.moments(1)
    book.histories.note(GroupChange("g", added=False))
    assert not book.histories.moments(1)
    assert book.histories.moments(2)
    book.gone = set(range(3, 100_000))
    for process_id in range(3, 3000):
        book.enter(ProcessStates.RUNNING, process_id=process_id)
    assert len([each for each in range(1, 3000) if book.histories.moments(each)]) < 300


def test_history_of_a_running_process_takes_little() -> None:
    """At most 300 bytes for each program that was started and runs."""
    book = Book()
    tracemalloc.start()
    try:
        before_bytes = tracemalloc.get_traced_memory()[0]
        for process_id in range(1000):
            book.enter(ProcessStates.STARTING, process_id=process_id)
            book.enter(ProcessStates.RUNNING, process_id=process_id)
        used_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    finally:
        tracemalloc.stop()
    assert used_bytes / 1000 <= 300


def test_history_of_a_process_that_crashes_for_ever_is_bounded() -> None:
    """A kilobyte or so, words included, which all that crash alike share."""
    book = Book()
    tracemalloc.start()
    try:
        before_bytes = tracemalloc.get_traced_memory()[0]
        for process_id in range(100):
            for _ in range(100):
                book.enter(ProcessStates.STARTING, process_id=process_id)
                book.enter(ProcessStates.BACKOFF, "exit status 1", process_id, expected=False)
        used_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    finally:
        tracemalloc.stop()
    assert used_bytes / 100 <= 1200
