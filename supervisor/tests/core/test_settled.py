"""Settled states: which changes are worth telling, and what is told with them."""

import pytest

from supervisor.core import inputs
from supervisor.core.commands import StateChange
from supervisor.core.policies import Restart, RestartPolicy, StartPolicy
from supervisor.core.settled import Settled, settled_after
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.tests.core.story import BY_KILL, BY_TERM, EXIT_0, EXIT_1, Story

STOPPED = ProcessStates.STOPPED
RUNNING = ProcessStates.RUNNING
BACKOFF = ProcessStates.BACKOFF
EXITED = ProcessStates.EXITED
FATAL = ProcessStates.FATAL

BY_HAND = StartPolicy(autostart=False)
NO_RETRY = StartPolicy(autostart=False, retries_max=0)
AT_ONCE = StartPolicy(autostart=False, up_after_s=0.0)
NEVER = RestartPolicy(when=Restart.NEVER)
ALWAYS = RestartPolicy(when=Restart.ALWAYS)


def settled(story: Story) -> list[tuple[str | None, Settled]]:
    """(state, what was told of it) for all settled states since the beginning."""
    return [
        (getProcessStateDescription(command.to_state), command.settled)
        for command in story.all_seen
        if isinstance(command, StateChange) and command.settled is not None
    ]


def ways(story: Story) -> list[str]:
    """The same as `FROM>TO`."""
    return [f"{getProcessStateDescription(what.from_state)}>{to}" for to, what in settled(story)]


def last(story: Story) -> Settled:
    return settled(story)[-1][1]


def running(**policies: object) -> Story:
    """A program that has been up for five seconds."""
    policies.setdefault("start", BY_HAND)
    story = Story.of(**policies)
    story.start()
    return story.spawned().pass_s(5.0)


@pytest.mark.parametrize("settled_before", [STOPPED, RUNNING, BACKOFF, EXITED, FATAL])
@pytest.mark.parametrize(
    "entered", [code for name, code in vars(ProcessStates).items() if name.isupper()]
)
def test_every_state_is_one_of_rest_or_leaves_the_one_before(
    settled_before: int, entered: int
) -> None:
    """STARTING, STOPPING and UNKNOWN are no states of rest."""
    rests = entered in (STOPPED, RUNNING, BACKOFF, EXITED, FATAL)
    assert settled_after(settled_before, entered) == (entered if rests else settled_before)


class TestRunning:
    def test_process_that_came_up_has_settled_once(self) -> None:
        """No STARTING noise."""
        story = running()
        assert ways(story) == ["STOPPED>RUNNING"]
        assert last(story) == Settled(STOPPED, True, 0, 0.0, "")

    def test_process_that_came_up_after_failures_tells_how_many(self) -> None:
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawn_failed().pass_s(1.0).spawned().pass_s(2.0)
        assert ways(story) == ["STOPPED>BACKOFF", "BACKOFF>RUNNING"]
        assert last(story) == Settled(BACKOFF, True, 1, 0.0, "")

    def test_restart_after_an_exit_settles_twice(self) -> None:
        story = running(restart=ALWAYS).exited(EXIT_0).spawned().pass_s(5.0)
        assert ways(story) == ["STOPPED>RUNNING", "RUNNING>EXITED", "EXITED>RUNNING"]


class TestExited:
    @pytest.mark.parametrize(
        ("ending", "expected", "words"),
        [
            (EXIT_0, True, "exit status 0"),
            (EXIT_1, False, "exit status 1"),
            (BY_KILL, False, "terminated by SIGKILL"),
        ],
    )
    def test_exit_tells_how_and_after_which_time(
        self, ending: inputs.Ending, expected: bool, words: str
    ) -> None:
        """Exit status or signal in words, expected or not, and the time it was up."""
        story = running(restart=NEVER).exited(ending)
        assert last(story) == Settled(RUNNING, expected, 0, 5.0, words)
        assert story.changes() == [("RUNNING", "EXITED")]

    def test_brief_program_has_settled_twice(self) -> None:
        """It stayed up long enough, only both facts became known at once."""
        story = Story.of(start=BY_HAND, restart=NEVER)
        story.start()
        story.spawned()
        story.now_s += 3.0
        story.exited(EXIT_0)
        assert ways(story) == ["STOPPED>RUNNING", "RUNNING>EXITED"]
        assert settled(story)[0][1] == Settled(STOPPED, True, 0, 0.0, "")
        assert last(story) == Settled(RUNNING, True, 0, 3.0, "exit status 0")

    def test_words_outlive_the_restart_that_follows_at_once(self) -> None:
        """The restart has forgotten the last run by the time that its end is announced."""
        story = running(restart=ALWAYS).exited(BY_KILL)
        assert story.look().exitstatus is None
        assert last(story).words == "terminated by SIGKILL"


class TestBackoff:
    def test_series_of_failed_starts_settles_once(self) -> None:
        """`PROCESS_STATE_CHANGE_BACKOFF` once per series, not per try; then FATAL."""
        story = Story.of(start=StartPolicy(autostart=False, retries_max=3))
        story.start()
        for pause_s in (1.0, 2.0, 3.0):
            story.spawn_failed().pass_s(pause_s)
        assert ways(story) == ["STOPPED>BACKOFF"]
        assert last(story) == Settled(STOPPED, False, 1, 0.0, "can't find command 'x'")
        story.spawn_failed("no more")
        assert ways(story) == ["STOPPED>BACKOFF", "BACKOFF>FATAL"]
        assert last(story) == Settled(BACKOFF, False, 4, 0.0, "no more")

    def test_next_series_settles_again(self) -> None:
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawn_failed().pass_s(1.0).spawned().pass_s(2.0).exited(EXIT_1).spawn_failed()
        assert ways(story)[2:] == ["RUNNING>EXITED", "EXITED>BACKOFF"]

    def test_quick_exit_tells_how_it_ended(self) -> None:
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawned()
        story.now_s += 0.25
        story.exited(EXIT_1)
        assert last(story) == Settled(STOPPED, False, 1, 0.25, "exited too quickly (exit status 1)")

    def test_stop_in_backoff_settles_with_the_reason_of_the_failures(self) -> None:
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawn_failed("no command")
        story.stop()
        assert ways(story)[-1] == "BACKOFF>STOPPED"
        assert last(story) == Settled(BACKOFF, True, 1, 0.0, "no command")


class TestFatal:
    def test_last_failure_tells_how_it_ended(self) -> None:
        story = Story.of(start=NO_RETRY)
        story.start()
        story.spawned()
        story.now_s += 0.5
        story.exited(BY_KILL)
        assert ways(story) == ["STOPPED>BACKOFF", "BACKOFF>FATAL"]
        assert last(story) == Settled(
            BACKOFF, False, 1, 0.5, "exited too quickly (terminated by SIGKILL)"
        )

    def test_shutdown_in_backoff_gives_up(self) -> None:
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawn_failed("no command").shutdown()
        assert ways(story)[-1] == "BACKOFF>FATAL"
        assert last(story).words == "no command"


class TestStopped:
    def test_stop_settles_when_it_is_complete(self) -> None:
        """No STOPPING noise; a stop that was asked for is expected, however the child ended."""
        story = running()
        story.stop()
        assert ways(story) == ["STOPPED>RUNNING"]
        story.exited(BY_TERM)
        assert ways(story)[-1] == "RUNNING>STOPPED"
        assert last(story) == Settled(RUNNING, True, 0, 5.0, "terminated by SIGTERM")

    def test_start_that_is_cut_short_does_not_settle(self) -> None:
        """It came to rest where it was before: nothing has changed for a monitor."""
        story = Story.of(start=BY_HAND)
        story.start()
        story.spawned()
        story.stop()
        story.exited(BY_TERM)
        assert story.state() == "STOPPED"
        assert settled(story) == []

    def test_start_that_is_cut_short_after_an_exit_does(self) -> None:
        story = running(restart=NEVER).exited(EXIT_0)
        story.start()
        story.stop()
        assert ways(story)[-1] == "EXITED>STOPPED"
        assert last(story) == Settled(EXITED, True, 0, 0.0, "")


class TestUnknown:
    def test_process_that_cannot_be_signalled_settles_when_it_is_gone(self) -> None:
        """UNKNOWN is nothing to rest in; what was before is told with what comes next."""
        story = running(restart=NEVER)
        story.happen(inputs.SignalRefused(story.ids["web:web"], "EPERM", None))
        assert story.state() == "UNKNOWN"
        assert ways(story) == ["STOPPED>RUNNING"]
        story.exited(EXIT_0)
        assert ways(story)[-1] == "RUNNING>EXITED"


def test_process_that_is_removed_and_added_begins_anew() -> None:
    """A process has no memory of one that had its name."""
    story = running(restart=NEVER, start=AT_ONCE).exited(EXIT_0)
    group = story.core._roster.group("web").spec
    story.happen(inputs.GroupRemoved("web")).add(group)
    story.start()
    story.spawned()
    assert ways(story)[-1] == "STOPPED>RUNNING"
