"""Pictures of processes and groups, taken from what the roster knows."""

from supervisor.core.group import Group
from supervisor.core.policies import ProcessSpec
from supervisor.core.process_values import BACKOFF, Process
from supervisor.core.roster import Roster
from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot


def of_process(process: Process, spec: ProcessSpec) -> ProcessSnapshot:
    """The picture of one process."""
    return ProcessSnapshot(
        process.id,
        spec.name,
        spec.group,
        process.state,
        process.pid,
        process.started_wall_s,
        process.stopped_wall_s,
        process.started_mono_s,
        process.exitstatus,
        process.exit_signal,
        process.spawnerr,
        process.backoff,
        process.deadline_s if process.state == BACKOFF else None,
        spec.priority,
        process.spawns,
    )


def of_group(group: Group, roster: Roster) -> GroupSnapshot:
    """The picture of a group and its members."""
    processes = tuple(of_process(roster.by_id[each], roster.spec(each)) for each in group.ascending)
    return GroupSnapshot(group.spec.name, group.spec.priority, group.spec.kind, processes)


def roll_of(group: Group) -> GroupRoll:
    """The members of a group, without their pictures."""
    spec, members = group.spec, tuple(group.by_name.items())
    if group.ascending != group.ids:
        # Nearly never: all have the same priority.
        names = {process_id: name for name, process_id in members}
        members = tuple((names[each], each) for each in group.ascending)
    return GroupRoll(spec.name, spec.priority, spec.kind, members)
