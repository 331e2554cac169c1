"""Stories of several groups: order of start, requests and shutdown."""

from supervisor.core import inputs
from supervisor.core.commands import CancelSpawn, GroupChange, MoodChange
from supervisor.core.control import Ticket
from supervisor.core.policies import GroupSpec, ProcessSpec, StartPolicy
from supervisor.errors import Fault
from supervisor.states import SupervisorStates
from supervisor.tests.core.story import BY_TERM, EXIT_0, EXIT_1, Story

UP_AT_ONCE = StartPolicy(up_after_s=0.0)


def group(name: str, priority: int, *members: tuple[str, int]) -> GroupSpec:
    processes = tuple(ProcessSpec(n, name, p, UP_AT_ONCE) for n, p in members)
    return GroupSpec(name, priority, processes=processes)


def site() -> Story:
    """Two groups, everything running; pids in the order of `ids`."""
    story = Story(
        group("db", 10, ("main", 1), ("replica", 2)),
        group("app", 20, ("late", 5), ("early", 1)),
    )
    for name in story.ids:
        story.spawned(name)
    return story


def signalled(story: Story) -> list[str]:
    pids = {story.look(name).pid: name for name in story.ids}
    return [pids[pid] for pid, _, _ in story.signals()]


def test_autostart_goes_by_group_priority_then_configuration_order() -> None:
    """C24: inside a group the order of the configuration counts, not process priority."""
    story = Story(group("app", 20, ("late", 5), ("early", 1)), group("db", 10, ("main", 1)))
    names = {number: name for name, number in story.ids.items()}
    assert [names[number] for number in story.spawns()] == ["db:main", "app:late", "app:early"]


def test_members_are_listed_in_ascending_priority() -> None:
    groups = site().core.groups()
    assert [g.name for g in groups] == ["db", "app"]
    assert [p.name for p in groups[1].processes] == ["early", "late"]


def test_group_added_later_is_started_at_once_and_announced() -> None:
    story = Story()
    story.add(group("web", 1, ("web", 1)))
    assert GroupChange("web", added=True) in story.seen
    assert len(story.spawns()) == 1


def test_removed_group_is_gone_and_announced() -> None:
    story = Story(
        GroupSpec("web", processes=(ProcessSpec("web", "web", start=StartPolicy(False)),))
    )
    story.happen(inputs.GroupRemoved("web"))
    assert story.seen == [GroupChange("web", added=False)]
    assert story.core.groups() == []
    assert story.core.find("web", "web") is None


class TestShutdown:
    def test_groups_stop_one_after_the_other_highest_number_first(self) -> None:
        story = site()
        story.shutdown()
        assert MoodChange(SupervisorStates.SHUTDOWN) in story.seen
        assert signalled(story) == ["app:late", "app:early"]
        assert "waiting for main, replica, late, early to die" in story.lines()
        story.exited(BY_TERM, "app:early")
        assert signalled(story) == []
        story.exited(BY_TERM, "app:late")
        assert signalled(story) == ["db:replica", "db:main"]
        story.exited(BY_TERM, "db:main")
        assert not story.left()
        story.exited(BY_TERM, "db:replica")
        assert story.left()

    def test_l3_groups_that_have_stopped_cost_no_time(self) -> None:
        story = Story(group("a", 1, ("a", 1)), group("b", 2, ("b", 1)), began=False)
        story.shutdown()
        assert story.left()

    def test_nothing_is_started_any_more(self) -> None:
        story = site()
        story.shutdown()
        story.exited(EXIT_1, "db:main")
        assert story.spawns() == []

    def test_waiting_is_reported_every_three_seconds(self) -> None:
        story = site()
        story.shutdown()
        lines = story.pass_s(6.0).lines()
        assert [line for line in lines if line.startswith("waiting")] == [
            "waiting for main, replica, late, early to die"
        ] * 2

    def test_process_in_backoff_is_given_up_without_a_line_when_its_turn_comes(self) -> None:
        story = Story(group("web", 1, ("web", 1)))
        story.spawn_failed(name="web:web")
        story.shutdown()
        assert story.changes() == [("BACKOFF", "FATAL")]
        assert not any(line.startswith("gave up") for line in story.lines())
        assert story.left()

    def test_spawn_that_was_not_carried_out_is_cancelled(self) -> None:
        story = Story(group("web", 1, ("web", 1)))
        story.shutdown()
        assert story.state("web:web") == "STOPPED"
        assert story.left()

    def test_restart_turns_into_a_shutdown_but_never_back(self) -> None:
        story = site()
        story.happen(inputs.RestartRequested())
        assert story.core.mood == SupervisorStates.RESTARTING
        story.shutdown()
        assert story.core.mood == SupervisorStates.SHUTDOWN
        story.happen(inputs.RestartRequested())
        assert story.core.mood == SupervisorStates.SHUTDOWN

    def test_waiters_are_answered_before_everything_ends(self) -> None:
        story = site()
        start_after_stop = []
        stop = story.stop("app:late")
        start_after_stop.append(story.start("app:late"))
        story.shutdown()
        assert start_after_stop[0].fault == Fault.ABNORMAL_TERMINATION
        story.exited(BY_TERM, "app:late")
        assert stop.fault == Fault.SUCCESS

    def test_spawn_of_a_group_whose_turn_has_not_come_is_cancelled_at_once(self) -> None:
        """From now on nothing is started."""
        story = Story(group("a", 1, ("a", 1)), group("b", 2, ("b", 1)))
        story.spawned("b:b")
        story.shutdown()
        assert CancelSpawn(story.ids["a:a"]) in story.seen
        assert (story.state("a:a"), story.state("b:b")) == ("STOPPED", "STOPPING")

    def test_who_waits_for_a_start_that_is_cancelled_is_answered(self) -> None:
        by_hand = ProcessSpec("a", "a", start=StartPolicy(autostart=False))
        story = Story(GroupSpec("a", 1, processes=(by_hand,)), group("b", 2, ("b", 1)))
        story.spawned("b:b")
        ticket = story.start("a:a")
        story.shutdown()
        assert ticket.fault == Fault.ABNORMAL_TERMINATION


class TestRequestsThatCameTooLate:
    """Somebody else's request was carried out between the look and the deed."""

    def test_second_start_is_told_that_it_was_started_already(self) -> None:
        story = Story(group("web", 1, ("web", 1)))
        assert story.start("web:web").fault == Fault.ALREADY_STARTED

    def test_stop_of_what_has_ended_is_told_that_it_does_not_run(self) -> None:
        story = Story(group("web", 1, ("web", 1))).spawned("web:web").exited(EXIT_0, "web:web")
        assert story.state("web:web") == "EXITED"
        assert story.stop("web:web").fault == Fault.NOT_RUNNING

    def test_start_of_what_could_not_be_signalled_is_refused(self) -> None:
        story = Story(group("web", 1, ("web", 1))).spawned("web:web")
        web = story.ids["web:web"]
        story.happen(inputs.SignalRefused(web, "EPERM", None))
        assert story.start("web:web").fault == Fault.FAILED

    def test_signal_to_what_has_ended_is_told_that_it_does_not_run(self) -> None:
        story = Story(group("web", 1, ("web", 1))).spawned("web:web").exited(EXIT_0, "web:web")
        ticket = Ticket()
        story.happen(inputs.SignalRequested(story.ids["web:web"], 1, ticket))
        assert ticket.fault == Fault.NOT_RUNNING
        assert story.signals() == []
