"""Processes and groups as the API shows them, made from what the methods return."""

import time
from itertools import chain

from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Iterable, Iterator, Mapping, Sequence
from supervisor.lean import partial
from supervisor.rpc.listing import SLICE_COUNT
from supervisor.rpc.oneline import told_name
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates, SupervisorStates, getProcessStateDescription
from supervisor.web.api.arrays import answer_array, answer_pieces, joined, text_of
from supervisor.web.api.calls import NO_STORE, Call, answer_json
from supervisor.web.api.fields import JSON_TYPE
from supervisor.web.api.jsons import write_json
from supervisor.web.messages import Response
from supervisor.web.pieces import PieceStream, in_batches
from supervisor.wire.namespec import make_namespec, split_namespec

Struct = dict[str, Any]


def found_process(call: Call, name: str) -> ProcessSnapshot:
    """The process of that namespec. Raises RequestRefused BAD_NAME, also for a whole group."""
    group, process_name = split_namespec(name)
    control = call.services.control
    process = None if process_name is None else control.find(group, process_name)
    if process is None:
        raise RequestRefused(Fault.BAD_NAME, told_name(name))
    return process


def found_group(call: Call, name: str) -> GroupSnapshot:
    """The group of that name. Raises RequestRefused BAD_NAME."""
    group = call.services.control.group(name)
    if group is None:
        raise RequestRefused(Fault.BAD_NAME, told_name(name))
    return group


def process_struct(call: Call, info: Mapping[str, Any]) -> Struct:
    """A process, from its struct of getProcessInfo. Raises RequestRefused BAD_NAME if it is gone.

    Plug-ins may have replaced the method and removed processes meanwhile.
    """
    group, name = info["group"], info["name"]
    process = call.services.control.find(group, name)
    if process is None:
        raise RequestRefused(Fault.BAD_NAME, make_namespec(group, name))
    return _struct(call.services, process, info)


def process_structs(call: Call, infos: Iterable[Mapping[str, Any]]) -> Iterator[Struct]:
    """Those of the processes that are there."""
    services = call.services
    for info in infos:
        process = services.control.find(info["group"], info["name"])
        if process is not None:
            yield _struct(services, process, info)


def _struct(services: Services, process: ProcessSnapshot, info: Mapping[str, Any]) -> Struct:
    group, name = info["group"], info["name"]
    career = services.histories.career(process.id)
    usage = services.figures.usage(process.id)
    running = info["state"] == ProcessStates.RUNNING
    return {
        **info,
        "namespec": make_namespec(group, name),
        "started": _iso(info["start"]),
        "stopped": _iso(info["stop"]),
        "uptime_s": max(0, info["now"] - info["start"]) if running else None,
        "starts": career.starts,
        "exits_expected": career.exits_expected,
        "exits_unexpected": career.exits_unexpected,
        "failed_starts": career.failed_starts,
        "last_exit": career.last_exit,
        "usage": None
        if usage is None
        else {
            "cpu_percent": usage.cpu_percent,
            "memory_bytes": usage.memory_bytes,
            "descriptors": usage.descriptors,
        },
    }


def moments(call: Call, process: ProcessSnapshot) -> list[Struct]:
    """The history of a process."""
    return [
        {
            "time": moment.wall_s,
            "statename": getProcessStateDescription(moment.state),
            "why": moment.why,
        }
        for moment in call.services.histories.moments(process.id)
    ]


def group_parts(call: Call, rolls: Sequence[GroupRoll]) -> Iterator[bytes]:
    """The texts of groups, with commas between them, in parts: a group may be a large one."""
    comma = ""
    for roll in rolls:
        head = {"name": roll.name, "kind": roll.kind, "priority": roll.priority}
        yield comma.encode() + write_json(head)[:-2] + b',"processes":['
        yield from joined(
            text_of(_structs_of(call, roll, roll.members[start : start + SLICE_COUNT]))
            for start in range(0, len(roll.members), SLICE_COUNT)
        )
        yield b"]}"
        comma = ","


def _structs_of(
    call: Call, roll: GroupRoll, members: Sequence[tuple[str, int]]
) -> Iterator[Struct]:
    """Members of a group as getProcessInfo tells them."""
    for name, _ in members:
        namespec = make_namespec(roll.name, name)
        try:
            yield process_struct(call, call.rpc("supervisor.getProcessInfo", namespec))
        except RequestRefused:
            # It has gone since the answer was begun.
            continue


def answer_process(call: Call, status: int = 200) -> Response:
    """The process that the path names. Raises RequestRefused."""
    info = call.rpc("supervisor.getProcessInfo", call.path["name"])
    return answer_json(process_struct(call, info), status)


def answer_group(call: Call, status: int = 200) -> Response | PieceStream:
    """The group that the path names. Raises RequestRefused."""
    group = found_group(call, call.path["name"])
    members = tuple((each.name, each.id) for each in group.processes)
    roll = GroupRoll(group.name, group.priority, group.kind, members)
    return _answer_parts(call, len(members), chain(group_parts(call, [roll]), (b"\n",)), status)


def answer_groups(call: Call) -> Response | PieceStream:
    """All groups. Raises RequestRefused."""
    return _answer_parts(call, len(call.services.control.marks()), _all_parts(call))


def _all_parts(call: Call) -> Iterator[bytes]:
    rolls = call.services.control.rolls()
    yield b""
    yield b'{"groups":['
    yield from group_parts(call, rolls)
    yield b"]}\n"


def _answer_parts(
    call: Call, count: int, parts: Iterator[bytes], status: int = 200
) -> Response | PieceStream:
    """An answer about that many processes."""
    if call.services.control.mood() < SupervisorStates.RUNNING:
        raise RequestRefused(Fault.SHUTDOWN_STATE)
    if count > SLICE_COUNT:
        return answer_pieces(call, in_batches(parts), status)
    return Response(status, JSON_TYPE, b"".join(parts), NO_STORE)


def answer_processes(call: Call, status: int = 200) -> Response | PieceStream:
    """All processes. Raises RequestRefused."""
    infos = call.rpc("supervisor.getAllProcessInfo")
    return answer_array(call, "processes", infos, partial(process_structs, call), status)


def _iso(wall_s: int) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall_s)) if wall_s else None
