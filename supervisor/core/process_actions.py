"""The actions of the process table: what changes beside the state, and what has to be done.

Each belongs to rows of `core.process.TABLE`; none of them looks at the state or sets it. They
change the process that they are given, which is a copy, and return it.
"""

from supervisor.core import messages
from supervisor.core.commands import CancelSpawn, Command, SendSignal, Spawn
from supervisor.core.inputs import Ending
from supervisor.core.policies import ProcessSpec, RestartPolicy
from supervisor.core.process_values import Detail, Process
from supervisor.hints import Final

REPEAT_S_MIN: Final = 1.0
"""Seconds between two signals of the last rung, at least: with stopwaitsecs = 0 a child that the
system does not let die would keep the daemon busy."""

Commands = list[Command]


def is_expected(policy: RestartPolicy, ending: Ending) -> bool:
    """Whether the exit code is one of `exitcodes`; death by a signal never is."""
    return not ending.signum and ending.exitcode in policy.exit_codes


def begin(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """Have a child made; what was known of the last one is forgotten."""
    commands.append(Spawn(process.id))
    process.pid = 0
    process.started_wall_s = detail.now.wall_s
    process.started_mono_s = detail.now.mono_s
    process.exitstatus = None
    process.exit_signal = 0
    process.spawnerr = None
    process.rung = -1
    process.deadline_s = None
    process.doom = None
    return process


def note_child(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """There is a child; it counts as up after startsecs."""
    commands.append(messages.spawned(spec.name, detail.pid))
    process.pid = detail.pid
    process.started_wall_s = detail.now.wall_s
    process.started_mono_s = detail.now.mono_s
    process.deadline_s = detail.now.mono_s + spec.start.up_after_s
    process.spawns = process.spawns + 1
    return process


def note_child_up(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    """There is a child, and with startsecs = 0 it is up."""
    commands.append(messages.spawned(spec.name, detail.pid))
    commands.append(messages.success(spec.name, spec.start.up_after_s))
    process.pid = detail.pid
    process.started_wall_s = detail.now.wall_s
    process.started_mono_s = detail.now.mono_s
    process.spawns = process.spawns + 1
    process.backoff = 0
    process.deadline_s = None
    return process


def declare_up(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The start has succeeded: the next failure is the first one again."""
    commands.append(messages.success(spec.name, spec.start.up_after_s))
    process.backoff = 0
    process.deadline_s = None
    return process


def fail(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """There is no child: try again later."""
    commands.append(messages.spawn_failed(detail.reason))
    return _back_off(process, spec, detail.now.mono_s, detail.reason)


def _back_off(process: Process, spec: ProcessSpec, now_s: float, reason: str) -> Process:
    backoff = process.backoff + 1
    process.pid = 0
    process.spawnerr = reason
    process.backoff = backoff
    process.deadline_s = now_s + spec.start.backoff.after(backoff)
    return process


def fail_quickly(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    """The child did not stay up: try again later, as after any failed start."""
    assert detail.ending is not None
    commands.append(messages.exited(spec.name, detail.ending.words, expected=False))
    process.stopped_wall_s = detail.now.wall_s
    process.exit_signal = detail.ending.signum
    return _back_off(process, spec, detail.now.mono_s, messages.EXITED_TOO_QUICKLY)


def note_exit(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The child has ended by itself."""
    assert detail.ending is not None
    exitcode = detail.ending.exitcode
    expected = is_expected(spec.restart, detail.ending)
    commands.append(messages.exited(spec.name, detail.ending.words, expected))
    process.pid = 0
    process.stopped_wall_s = detail.now.wall_s
    process.exitstatus = exitcode
    process.exit_signal = detail.ending.signum
    process.spawnerr = None if expected else messages.bad_exit_code(exitcode)
    process.backoff = 0
    process.deadline_s = None
    return process


def give_up_quietly(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    """No more tries."""
    process.backoff = 0
    process.deadline_s = None
    return process


def give_up(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """No more tries, and the log says why."""
    commands.append(messages.gave_up(spec.name))
    return give_up_quietly(process, spec, detail, commands)


def stop_waiting(
    process: Process, spec: ProcessSpec, detail: Detail, commands: Commands
) -> Process:
    """No more tries, because a stop was asked for."""
    # The counter goes back to 0, so that the next start has all its retries (L6).
    commands.append(messages.killed_in_backoff(spec.name))
    return give_up_quietly(process, spec, detail, commands)


def cancel(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The child that has not been made yet is not wanted any more."""
    commands.append(CancelSpawn(process.id))
    process.stopped_wall_s = detail.now.wall_s
    process.backoff = 0
    process.deadline_s = None
    process.rung = -1
    process.pid = 0
    return process


def _signal(
    process: Process, spec: ProcessSpec, index: int, now_s: float, commands: Commands
) -> Process:
    rung = spec.stop.ladder[index]
    last = index == len(spec.stop.ladder) - 1
    wait_s = max(rung.wait_s, REPEAT_S_MIN) if last else rung.wait_s
    commands.append(
        SendSignal(process.id, process.pid, rung.signum, rung.to_group, None, stopping=True)
    )
    process.rung = index
    process.deadline_s = now_s + wait_s
    return process


def ask_to_stop(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """Send the first signal of the stop ladder."""
    return _signal(process, spec, 0, detail.now.mono_s, commands)


def doom(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """Stop it, and remember why: that will be the reason of FATAL."""
    process.doom = detail.reason
    return ask_to_stop(process, spec, detail, commands)


def climb(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """Send the next signal of the stop ladder; the last one again and again."""
    index = min(process.rung + 1, len(spec.stop.ladder) - 1)
    signal_name = spec.stop.ladder[index].signal_name
    commands.append(messages.killing(spec.name, process.pid, signal_name))
    return _signal(process, spec, index, detail.now.mono_s, commands)


def end(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The child is gone, as was asked for."""
    assert detail.ending is not None
    expected = is_expected(spec.restart, detail.ending)
    commands.append(messages.stopped(spec.name, detail.ending.words, expected))
    process.pid = 0
    process.stopped_wall_s = detail.now.wall_s
    process.exitstatus = detail.ending.exitcode
    process.exit_signal = detail.ending.signum
    process.backoff = 0
    process.rung = -1
    process.deadline_s = None
    return process


def end_doomed(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The child is gone, and its doom is the error that is told."""
    process.spawnerr, process.doom = process.doom, None
    return end(process, spec, detail, commands)


def lose(process: Process, spec: ProcessSpec, detail: Detail, commands: Commands) -> Process:
    """The child cannot be signalled: there is nothing left to wait for."""
    say = messages.kill_refused if process.rung >= 0 else messages.signal_refused
    commands.append(say(spec.name, process.pid, detail.reason))
    process.deadline_s = None
    return process
