"""Carrying out commands: children, signals, exits, and what the system may answer."""

import errno
import signal

import pytest

from supervisor.core.control import Ticket
from supervisor.core.policies import StartPolicy
from supervisor.errors import Fault, HostError, SpawnError
from supervisor.host.kernel import REAPED_COUNT_MAX
from supervisor.tests.daemon.stage import AT_ONCE, Stage, program
from supervisor.tests.fakes.kernel import Behaviour


def running(*names: str) -> Stage:
    stage = Stage().add(*(program(name, AT_ONCE) for name in names or ("web",))).begin()
    stage.lines.clear()
    return stage


class TestSpawning:
    def test_child_is_made_and_its_pid_known(self) -> None:
        stage = running()
        assert stage.kernel.living("web") == [stage.pid()]
        assert stage.state() == "RUNNING"

    @pytest.mark.parametrize(
        ("step", "number", "text"),
        [
            ("pipes", errno.EMFILE, "spawnerr: too many open files to spawn 'web'"),
            (
                "fork",
                errno.EAGAIN,
                "spawnerr: Too many processes in process table to spawn 'web'",
            ),
            ("fork", errno.ENOMEM, "spawnerr: unknown error during fork for 'web': ENOMEM"),
        ],
    )
    def test_refused_spawn_is_told_and_tried_again(self, step, number, text) -> None:
        """Failures before the child exists lead to BACKOFF."""
        stage = Stage().add(program(start=AT_ONCE))
        stage.kernel.refuse_next(step, number)
        stage.begin()
        assert (stage.state(), stage.lines) == ("BACKOFF", [text])
        stage.run(stage.pass_s(1.0))
        assert stage.state() == "RUNNING"
        assert stage.failures == []

    def test_surprise_is_a_failed_spawn_with_its_name(self) -> None:
        stage = Stage().add(program(start=StartPolicy(retries_max=0)))
        stage.spawn_errors.append(KeyError("x"))
        stage.begin()
        assert stage.core.process(1).spawnerr == "internal error: KeyError('x')"

    def test_cancelled_spawn_is_never_carried_out(self) -> None:
        """A stop that comes before the child was made needs no signal."""
        stage = Stage().add(program())
        stage.loop._spawns_left = 0
        start = stage.control.start(1)
        stop = stage.control.stop(1)
        assert (start.fault, stop.fault) == (Fault.ABNORMAL_TERMINATION, Fault.SUCCESS)
        stage.run(lambda: None)
        assert (stage.spawned, stage.state()) == ([], "STOPPED")

    def test_cancelling_one_spawn_keeps_the_others_in_order(self) -> None:
        stage = Stage().add(*(program(name) for name in "abc"))
        stage.loop._spawns_left = 0
        for process_id in (3, 1, 2):
            stage.control.start(process_id)
        stage.control.stop(1)
        stage.run(lambda: None)
        assert stage.spawned == [3, 2]

    def test_spawn_error_of_the_children_is_the_reason_that_people_read(self) -> None:
        stage = Stage().add(program())
        stage.spawn_errors.append(SpawnError("command is empty", step="command"))
        ticket = stage.control.start(1)
        assert ticket.fault == Fault.SPAWN_ERROR
        assert stage.core.process(1).spawnerr == "command is empty"
        assert stage.failures == []


class TestSignals:
    def test_signal_is_sent_and_answered_at_once(self) -> None:
        stage = running()
        stage.kernel.behaviours["web"] = Behaviour()
        assert stage.control.signal(1, signal.SIGHUP).fault == Fault.SUCCESS
        assert stage.lines == [f"sending web (pid {stage.pid()}) sig SIGHUP"]

    def test_child_that_has_just_gone_is_no_trouble(self) -> None:
        """ESRCH is ignored; the normal reap finishes the job."""
        stage = running()
        stage.kernel.refuse_next("kill", errno.ESRCH)
        ticket = stage.control.stop(1)
        assert stage.state() == "STOPPING"
        assert not ticket.done
        assert stage.lines[0] == f"killing web (pid {stage.pid()}) with signal SIGTERM"
        assert "it probably just exited on its own" in stage.lines[1]

    def test_signal_to_a_child_that_has_just_gone_is_a_success(self) -> None:
        stage = running()
        stage.kernel.refuse_next("kill", errno.ESRCH)
        assert stage.control.signal(1, signal.SIGHUP).fault == Fault.SUCCESS
        assert "it probably just now exited on its own" in stage.lines[-1]

    @pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL])
    def test_refused_stop_is_told_to_who_asked(self, number: int) -> None:
        """kill() failed with anything but ESRCH: UNKNOWN."""
        stage = running()
        stage.kernel.refuse_next("kill", number)
        ticket = stage.control.stop(1)
        assert (stage.state(), ticket.fault) == ("UNKNOWN", Fault.FAILED)
        line, advice = stage.lines[-2:]
        assert line.startswith(f"unknown problem killing web ({stage.pid()}):")
        assert f"(end process {stage.pid()} by hand, or " in advice

    def test_refused_signal_is_told_to_who_asked(self) -> None:
        stage = running()
        stage.kernel.refuse_next("kill", errno.EPERM)
        ticket = stage.control.signal(1, signal.SIGHUP)
        assert ticket.fault == Fault.FAILED
        assert ticket.text is not None
        assert ticket.text.startswith("unknown problem sending sig web")

    def test_l13_child_that_could_not_be_signalled_is_reaped_when_it_ends(self) -> None:
        stage = running()
        stage.kernel.refuse_next("kill", errno.EPERM)
        stage.control.stop(1)
        stage.kernel.kill(stage.pid(), signal.SIGKILL, to_group=False)
        stage.run(lambda: None)
        assert (stage.state(), stage.failures) == ("STOPPED", [])


class TestReaping:
    def test_stranger_is_reaped_and_told(self) -> None:
        """waitpid returned a stranger (the daemon is pid 1)."""
        stage = running()
        pid = stage.kernel.add_stranger(3 << 8)
        stage.executor.reap()
        assert stage.lines == [f"reaped unknown pid {pid} (exit status 3)"]
        assert stage.state() == "RUNNING"

    def test_pid_of_an_old_child_belongs_to_nobody_any_more(self) -> None:
        """Pids come round: what another process did with it is no news of ours."""
        stage = running()
        pid = stage.pid()
        stage.control.stop(1)
        stage.run(lambda: None)
        stage.kernel._last_pid = pid - 1
        assert stage.kernel.add_stranger(0) == pid
        stage.executor.reap()
        assert stage.lines[-1] == f"reaped unknown pid {pid} (exit status 0)"

    def test_child_of_a_removed_group_ends_as_a_stranger(self) -> None:
        """It could not be signalled: UNKNOWN, which is no reason to keep its group."""
        stage = running()
        pid = stage.pid()
        stage.kernel.refuse_next("kill", errno.EPERM)
        stage.control.stop(1)
        stage.forget(1)
        stage.kernel.kill(pid, signal.SIGKILL, to_group=False)
        stage.executor.reap()
        assert stage.lines[-1] == f"reaped unknown pid {pid} (terminated by SIGKILL)"
        assert stage.failures == []

    def test_reaping_tells_when_there_may_be_more(self) -> None:
        stage = running()
        for _ in range(REAPED_COUNT_MAX):
            stage.kernel.add_stranger(0)
        assert stage.executor.reap() is True
        assert stage.executor.reap() is False

    def test_error_of_waitpid_is_logged_and_survived(self) -> None:
        """CRIT waitpid error."""
        stage = running()

        def refuse() -> list[tuple[int, int]]:
            raise HostError("waitpid error 22; a process may not be …", call="waitpid", errno=22)

        stage.kernel.reap = refuse
        assert stage.executor.reap() is False
        assert stage.lines == ["waitpid error 22; a process may not be …"]

    def test_exit_is_known_although_its_channels_cannot_be_closed(self) -> None:
        stage = running()
        stage.ended_errors.append(OSError(5, "I/O error"))
        stage.control.stop(1)
        stage.run(lambda: None)
        assert stage.state() == "STOPPED"
        assert "cannot close the channels of process 1" in stage.failures[0]

    def test_death_by_a_signal_is_code_minus_1(self) -> None:
        stage = running()
        stage.kernel.kill(stage.pid(), signal.SIGKILL, to_group=False)
        stage.loop._spawns_left = 0
        stage.executor.reap()
        assert stage.lines[0] == "exited: web (terminated by SIGKILL; not expected)"


class TestAnswers:
    def test_answer_is_known_at_once_and_told_once(self) -> None:
        stage, told = running(), list[Fault | None]()
        ticket = stage.control.stop(1)
        ticket.then(lambda known: told.append(known.fault))
        stage.run(lambda: None)
        ticket.resolve(Fault.FAILED)
        assert told == [Fault.SUCCESS]

    def test_who_asks_after_the_answer_is_told_at_once(self) -> None:
        told = list[bool]()
        ticket = Ticket()
        ticket.resolve()
        ticket.then(lambda known: told.append(known.done))
        assert told == [True]
