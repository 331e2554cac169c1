"""The state FATAL of the daemon: what brings it about, what ends it, and what it does not touch."""

from collections.abc import Sequence

import pytest

from supervisor.core import inputs
from supervisor.core.commands import MoodChange
from supervisor.core.policies import GroupSpec, ProcessSpec, StartPolicy
from supervisor.states import SupervisorStates
from supervisor.tests.core.story import EXIT_0, EXIT_1, Story

BY_HAND = StartPolicy(autostart=False, up_after_s=0.0)
REFUSED = "[Errno 1] Operation not permitted"
NO_CLEAR = inputs.TroubleArose("log", "cannot clear /log: Is a directory", "mend it")
NO_REMOVE = inputs.TroubleArose("old", "cannot remove /old: Permission denied", "mend that, too")


def moods(commands: Sequence[object]) -> list[MoodChange]:
    return [command for command in commands if isinstance(command, MoodChange)]


def told(story: Story) -> list[MoodChange]:
    """Changes of mood announced by the last input."""
    return moods(story.seen)


BACK_TO_RUNNING = [MoodChange(SupervisorStates.RUNNING)]


def refused(name: str = "web:web") -> Story:
    """One of two programs cannot be signalled."""
    specs = [ProcessSpec(each, each, start=BY_HAND) for each in ("web", "db")]
    story = Story(*(GroupSpec(spec.group, processes=(spec,)) for spec in specs))
    for each in story.ids:
        story.start(each)
        story.spawned(each)
    return story.happen(inputs.SignalRefused(story.ids[name], REFUSED, None))


class TestTroubles:
    def test_daemon_is_fatal_and_says_so_once(self) -> None:
        """SUPERVISOR_STATE_CHANGE_FATAL with the reason; the log says what to do."""
        story = Story.of(start=BY_HAND).happen(NO_CLEAR)
        assert story.core.mood == SupervisorStates.FATAL
        assert told(story) == [MoodChange(SupervisorStates.FATAL, NO_CLEAR.reason)]
        assert story.lines() == [
            "cannot clear /log: Is a directory; supervision goes on, in the state FATAL until this "
            "is over (mend it, or accept it: supervisorctl clearfatal)"
        ]
        story.happen(NO_CLEAR)
        assert story.seen == []

    def test_same_trouble_for_another_reason_is_said_again(self) -> None:
        story = Story.of().happen(NO_CLEAR)
        story.happen(NO_CLEAR._replace(reason="cannot clear /log: Read-only file system"))
        assert told(story) == []
        assert len(story.lines()) == 1
        assert story.core.trouble() == "cannot clear /log: Read-only file system"

    def test_it_is_running_again_when_the_cause_is_gone(self) -> None:
        """SUPERVISOR_STATE_CHANGE_RUNNING, and a line."""
        story = Story.of().happen(NO_CLEAR).happen(inputs.TroubleEnded("log"))
        assert (story.core.mood, story.core.trouble()) == (SupervisorStates.RUNNING, None)
        assert told(story) == BACK_TO_RUNNING
        assert story.lines() == [
            "the state is RUNNING again; this is over: cannot clear /log: Is a directory"
        ]

    def test_several_troubles_end_one_by_one(self) -> None:
        """RUNNING when the last one is over; the reason has all that are left."""
        story = Story.of().happen(NO_CLEAR).happen(NO_REMOVE)
        assert told(story) == []
        assert story.core.trouble() == f"{NO_CLEAR.reason}; {NO_REMOVE.reason}"
        story.happen(inputs.TroubleEnded("log"))
        assert told(story) == []
        assert story.lines()[0].startswith("the state is FATAL, for other reasons; this is over: ")
        assert story.core.trouble() == NO_REMOVE.reason
        story.happen(inputs.TroubleEnded("old"))
        assert told(story) == BACK_TO_RUNNING

    def test_success_without_trouble_is_nothing_to_tell(self) -> None:
        assert Story.of().happen(inputs.TroubleEnded("log")).seen == []
        assert Story.of().happen(inputs.TroublesCleared()).seen == []

    def test_clear_fatal_accepts_them_all(self) -> None:
        """RUNNING on request; what is refused anew makes it FATAL anew."""
        story = Story.of().happen(NO_CLEAR).happen(NO_REMOVE).happen(inputs.TroublesCleared())
        assert told(story) == BACK_TO_RUNNING
        assert story.lines() == [
            "the state is RUNNING again on request, in spite of: "
            f"{NO_CLEAR.reason}; {NO_REMOVE.reason}"
        ]
        assert told(story.happen(NO_CLEAR)) == [MoodChange(SupervisorStates.FATAL, NO_CLEAR.reason)]

    def test_trouble_at_the_start_is_told_after_running(self) -> None:
        """Old logs are removed before anybody is there to be told."""
        story = Story(began=False).happen(NO_REMOVE)
        assert told(story) == []
        story.happen(inputs.SupervisionBegan())
        assert told(story) == [
            MoodChange(SupervisorStates.RUNNING),
            MoodChange(SupervisorStates.FATAL, NO_REMOVE.reason),
        ]


class TestSignals:
    @pytest.mark.parametrize("by_request", [True, False])
    def test_refused_signal_makes_it_fatal(self, by_request: bool) -> None:
        story = refused()
        if by_request:
            story = refused("db:db")
        name, pid = ("db", 102) if by_request else ("web", 101)
        reason = f"cannot signal {name} (pid {pid}): {REFUSED}"
        assert told(story) == [MoodChange(SupervisorStates.FATAL, reason)]
        assert story.lines()[-1].endswith(
            f"(end process {pid} by hand, or accept it: supervisorctl clearfatal)"
        )

    def test_it_is_over_when_the_process_is_gone(self) -> None:
        story = refused().exited(EXIT_0)
        assert told(story) == BACK_TO_RUNNING
        assert story.core.mood == SupervisorStates.RUNNING

    def test_it_is_over_when_the_process_is_removed(self) -> None:
        """A child that is left to itself is nothing that the daemon has to be able to do."""
        story = refused().happen(inputs.GroupRemoved("web"))
        assert told(story) == BACK_TO_RUNNING

    def test_end_of_another_process_changes_nothing(self) -> None:
        story = refused().exited(EXIT_0, "db:db")
        assert told(story) == []
        assert story.core.mood == SupervisorStates.FATAL

    def test_log_of_a_process_stays_trouble_when_its_child_ends(self) -> None:
        """Only a log that could be cleared, or no process any more, is the end of that."""
        story = refused()
        story.happen(inputs.TroublesCleared())
        story.happen(NO_CLEAR._replace(process_id=story.ids["web:web"]))
        story.exited(EXIT_0)
        assert story.core.mood == SupervisorStates.FATAL
        story.happen(inputs.GroupRemoved("web"))
        assert told(story) == BACK_TO_RUNNING


class TestSupervisionGoesOn:
    def test_programs_are_started_and_restarted(self) -> None:
        story = refused()
        story.exited(EXIT_1, "db:db")
        assert story.spawns() == [story.ids["db:db"]]

    @pytest.mark.parametrize(
        ("leave", "mood"),
        [
            (inputs.ShutdownRequested(), SupervisorStates.SHUTDOWN),
            (inputs.RestartRequested(), SupervisorStates.RESTARTING),
        ],
    )
    def test_it_can_be_left(self, leave: inputs.Input, mood: int) -> None:
        """The state of leaving hides FATAL, and troubles on the way out are nobody's business."""
        story = refused().happen(leave)
        assert told(story) == [MoodChange(mood)]
        story.happen(NO_CLEAR)
        assert story.seen == []
        story.exited(EXIT_0, "web:web")
        assert told(story) == []
        assert story.core.mood == mood
