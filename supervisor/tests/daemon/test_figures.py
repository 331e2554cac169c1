"""Figures of processes: sampled while somebody looks, in slices, and forgotten after a while."""

from collections.abc import Iterable, Iterator, Mapping

import pytest

from supervisor.core.snapshot import NEW, ProcessSnapshot
from supervisor.daemon.figures import (
    CURVE_COUNT_MAX,
    FORGOTTEN_S,
    PERIOD_S,
    FigurePorts,
    Figures,
)
from supervisor.daemon.timers import TimerHeap
from supervisor.host.processtree import Tree
from supervisor.rpc.figures import Usage
from supervisor.tests.fakes.clock import FakeClock

MIB = 1024 * 1024


class Machine:
    """A machine with one process at first, whose trees are as a test says."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.owners: dict[int, int] = {71: 1}
        self.trees: dict[int, Tree] = {71: Tree(2.0, 10 * MIB, 5)}
        self.slices_count = 2
        self.error: Exception | None = None
        self.surveys_count = 0
        self.lines: list[str] = []
        self.started_mono_s = self.clock.mono_s - 10.0
        self.figures = Figures(
            FigurePorts(
                self.clock,
                self.timers,
                lambda level, text: self.lines.append(text),
                lambda: dict(self.owners),
                self._process,
                self._survey,
            )
        )
        self.sampled = 0

    def _process(self, process_id: int) -> ProcessSnapshot:
        return NEW._replace(id=process_id, started_mono_s=self.started_mono_s)

    def _survey(self, pids: Iterable[int]) -> Iterator[Mapping[int, Tree] | None]:
        self.surveys_count += 1
        wanted = set(pids)
        for _ in range(self.slices_count):
            yield None
        if self.error is not None:
            raise self.error
        yield {pid: tree for pid, tree in self.trees.items() if pid in wanted}

    def count(self) -> None:
        self.sampled += 1

    def turn(self) -> None:
        """What is due now is called, once."""
        if (callback := self.timers.pop_due(self.clock.mono_s)) is not None:
            callback()

    def pass_s(self, seconds: float) -> None:
        """Time passes; whatever is due on the way is called when it is due."""
        end_s = self.clock.mono_s + seconds
        while (due_s := self.timers.next_deadline_s()) is not None and due_s <= end_s:
            self.clock.advance_to(due_s)
            self.turn()
        self.clock.advance_to(end_s)

    def sample(self) -> bool:
        """Whether a sample is taken at this moment."""
        sample = self.figures.sample()
        self.pass_s(0.0)
        return sample.done

    def usage(self, process_id: int = 1) -> Usage:
        usage = self.figures.usage(process_id)
        assert usage is not None
        return usage


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_nobody_pays_for_figures_that_nobody_looks_at(machine: Machine) -> None:
    """No timer, no sample, nothing known."""
    machine.pass_s(1000.0)
    assert machine.surveys_count == 0
    assert machine.timers.next_deadline_s() is None
    assert machine.figures.usage(1) is None


def test_first_sample_counts_from_the_start_of_the_process(machine: Machine) -> None:
    """2 s of CPU time in 10 s are 20 per cent of a processor."""
    machine.figures.look(machine.count)
    machine.pass_s(0.0)
    assert machine.sampled == 1
    usage = machine.usage()
    assert usage.cpu_percent == pytest.approx(20.0)
    assert usage._replace(cpu_percent=0.0, cpu_curve=()) == Usage(
        0.0, 10 * MIB, 5, 2.0, (), (10 * MIB,)
    )


def test_further_samples_count_from_the_one_before(machine: Machine) -> None:
    """Every five seconds, as long as somebody looks."""
    machine.figures.look(machine.count)
    machine.pass_s(0.0)
    for spent_s, memory in ((3.0, 20 * MIB), (13.0, 5 * MIB), (13.0, 5 * MIB)):
        machine.trees[71] = Tree(spent_s, memory, None)
        machine.pass_s(PERIOD_S)
    usage = machine.usage()
    assert machine.sampled == 4
    assert usage.cpu_curve == pytest.approx((20.0, 20.0, 200.0, 0.0))
    assert usage.memory_curve == (10 * MIB, 20 * MIB, 5 * MIB, 5 * MIB)
    assert usage.descriptors is None


def test_sample_is_taken_in_slices(machine: Machine) -> None:
    """One in each turn of the loop; it is told when it is complete."""
    machine.slices_count = 3
    machine.figures.look(machine.count)
    for _ in range(3):
        machine.turn()
        assert (machine.sampled, machine.figures.usage(1)) == (0, None)
    machine.turn()
    assert machine.sampled == 1


def test_curve_is_bounded(machine: Machine) -> None:
    """At most 60 samples, the newest last."""
    machine.figures.look(machine.count)
    for number in range(CURVE_COUNT_MAX + 5):
        machine.trees[71] = Tree(2.0, number, 5)
        machine.pass_s(PERIOD_S if number else 0.0)
    curve = machine.usage().memory_curve
    assert curve == tuple(range(5, CURVE_COUNT_MAX + 5))
    assert len(machine.usage().cpu_curve) == CURVE_COUNT_MAX


def test_restarted_process_begins_anew_but_keeps_its_curve(machine: Machine) -> None:
    """Time that another child spent is not its own."""
    machine.figures.look(machine.count)
    machine.pass_s(0.0)
    machine.owners = {72: 1}
    machine.trees = {72: Tree(1.0, MIB, 3)}
    machine.started_mono_s = machine.clock.mono_s + 3.0
    machine.pass_s(PERIOD_S)
    assert machine.usage().cpu_curve == pytest.approx((20.0, 50.0))


def test_process_that_ended_is_not_known_any_more(machine: Machine) -> None:
    """Also one that ends while a sample is taken."""
    machine.owners[72] = 2
    machine.trees[72] = Tree(1.0, MIB, 3)
    machine.figures.look(machine.count)
    machine.turn()
    del machine.owners[72]
    machine.pass_s(0.0)
    assert machine.figures.usage(2) is None
    machine.owners.clear()
    machine.pass_s(PERIOD_S)
    assert machine.figures.usage(1) is None


def test_time_never_runs_backwards(machine: Machine) -> None:
    """A child that was not waited for takes its time with it: no negative figures."""
    machine.figures.look(machine.count)
    machine.pass_s(0.0)
    machine.trees[71] = Tree(1.0, MIB, 3)
    machine.pass_s(PERIOD_S)
    assert machine.usage().cpu_percent == 0.0


def test_all_who_look_are_told_of_the_same_samples(machine: Machine) -> None:
    """However many there are, there is one sample in five seconds; each may leave, twice even."""
    others: list[int] = []
    machine.figures.look(machine.count)
    leave = machine.figures.look(lambda: others.append(1))
    machine.pass_s(2 * PERIOD_S)
    assert (machine.surveys_count, machine.sampled, len(others)) == (3, 3, 3)
    leave()
    leave()
    machine.pass_s(PERIOD_S)
    assert (machine.surveys_count, machine.sampled, len(others)) == (4, 4, 3)


def test_sampling_ends_with_the_last_who_looks(machine: Machine) -> None:
    """What is known is kept for a while, for a page that is loaded again; then nothing is left."""
    machine.figures.look(machine.count)()
    machine.pass_s(0.0)
    assert machine.surveys_count == 0
    leave = machine.figures.look(machine.count)
    machine.pass_s(0.0)
    leave()
    machine.pass_s(FORGOTTEN_S - 1.0)
    assert machine.surveys_count == 1
    assert machine.figures.usage(1) is not None
    machine.figures.look(machine.count)()
    machine.pass_s(FORGOTTEN_S + 1.0)
    assert machine.figures.usage(1) is None
    assert machine.timers.next_deadline_s() is None


def test_who_comes_back_soon_does_not_cause_another_sample(machine: Machine) -> None:
    """Samples are five seconds apart, whoever comes and goes."""
    for _ in range(9):
        leave = machine.figures.look(machine.count)
        machine.pass_s(0.5)
        leave()
    assert machine.surveys_count == 1


def test_scraper_gets_a_fresh_sample(machine: Machine) -> None:
    """`/metrics` waits for one; and not more than one in a second is taken."""
    assert machine.sample()
    assert machine.surveys_count == 1
    assert machine.usage().cpu_percent == pytest.approx(20.0)
    assert machine.figures.sample().done
    machine.pass_s(0.9)
    assert machine.figures.sample().done
    assert machine.surveys_count == 1
    machine.trees[71] = Tree(3.0, MIB, 5)
    machine.pass_s(9.1)
    assert machine.sample()
    assert machine.usage().cpu_percent == pytest.approx(10.0)
    machine.pass_s(FORGOTTEN_S + 1.0)
    assert machine.figures.usage(1) is None
    assert machine.timers.next_deadline_s() is None


def test_sample_for_a_scraper_is_taken_in_slices(machine: Machine) -> None:
    """A slice in each turn, however many processes there are: supervision never waits for it."""
    sample = machine.figures.sample()
    turns_count = 0
    while not sample.done:
        machine.turn()
        turns_count += 1
    assert turns_count == machine.slices_count
    assert machine.usage().cpu_percent == pytest.approx(20.0)


def test_scraper_waits_for_the_sample_that_is_being_taken(machine: Machine) -> None:
    """Those who look are told of it as of any other, and the next comes five seconds later."""
    leave = machine.figures.look(machine.count)
    machine.turn()
    sample = machine.figures.sample()
    machine.pass_s(0.0)
    assert sample.done
    assert (machine.surveys_count, machine.sampled) == (1, 1)
    machine.pass_s(PERIOD_S - 0.1)
    assert machine.surveys_count == 1
    machine.pass_s(0.2)
    assert (machine.surveys_count, machine.sampled) == (2, 2)
    machine.pass_s(PERIOD_S - 0.2)
    machine.turn()
    waiting = machine.figures.sample()
    leave()
    machine.pass_s(0.0)
    assert waiting.done


def test_sample_that_nobody_waits_for_any_more_is_of_no_harm(machine: Machine) -> None:
    """A scraper that has left is not called back."""
    sample = machine.figures.sample()
    sample.abandon()
    machine.pass_s(0.0)
    assert not sample.done
    assert machine.figures.sample().done


def test_cpu_seconds_never_decrease_while_a_process_runs(machine: Machine) -> None:
    """A descendant that leaves takes its time with it; a counter must not be told less."""
    seen = []
    for pid, spent_s in ((71, 2.0), (71, 5.0), (71, 4.0), (71, 6.0)):
        machine.trees[pid] = Tree(spent_s, MIB, 5)
        assert machine.sample()
        seen.append(machine.usage().cpu_s)
        machine.pass_s(2.0)
    assert seen == [2.0, 5.0, 5.0, 7.0]


def test_system_that_tells_nothing_is_complained_about_once(machine: Machine) -> None:
    """Everything else goes on, and the next try comes in its time."""
    machine.error = PermissionError(13, "Permission denied")
    machine.figures.look(machine.count)
    machine.pass_s(3 * PERIOD_S)
    assert machine.lines == [
        "cannot sample the CPU time and memory of processes: [Errno 13] Permission denied"
    ]
    assert machine.figures.usage(1) is None
    machine.error = None
    machine.pass_s(PERIOD_S)
    assert machine.figures.usage(1) is not None


def test_process_that_was_removed_meanwhile_is_left_out(machine: Machine) -> None:
    """A child that nobody could signal stays when its group is removed: it is nobody's."""

    def unknown(process_id: int) -> ProcessSnapshot:
        raise KeyError(process_id)

    machine.figures = Figures(
        FigurePorts(
            machine.clock,
            machine.timers,
            lambda level, text: None,
            lambda: dict(machine.owners),
            unknown,
            machine._survey,
        )
    )
    assert machine.sample()
    assert machine.figures.usage(1) is None


def test_mistake_in_a_sample_keeps_nobody_waiting(machine: Machine) -> None:
    """Pages and metrics wait for a sample; without it they are answered as well."""
    machine.error = ZeroDivisionError()
    machine.figures.look(machine.count)
    machine.turn()
    sample = machine.figures.sample()
    machine.turn()
    with pytest.raises(ZeroDivisionError):
        machine.turn()
    assert sample.done
    machine.error = None
    machine.pass_s(PERIOD_S)
    assert machine.usage().memory_bytes == 10 * MIB
