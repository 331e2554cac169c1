"""Processes and groups as the API shows them, made from what the methods return."""

import time
from collections.abc import Mapping

from supervisor.core.snapshot import GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.web.api.calls import Call, answer_json
from supervisor.web.messages import Response
from supervisor.wire.namespec import make_namespec, split_namespec

Struct = dict[str, Any]


def found_process(call: Call, name: str) -> ProcessSnapshot:
    """The process of that namespec. Raises RequestRefused BAD_NAME, also for a whole group."""
    group, process_name = split_namespec(name)
    control = call.services.control
    process = None if process_name is None else control.find(group, process_name)
    if process is None:
        raise RequestRefused(Fault.BAD_NAME, name)
    return process


def found_group(call: Call, name: str) -> GroupSnapshot:
    """The group of that name. Raises RequestRefused BAD_NAME."""
    group = call.services.control.group(name)
    if group is None:
        raise RequestRefused(Fault.BAD_NAME, name)
    return group


def process_struct(call: Call, info: Mapping[str, Any]) -> Struct:
    """A process, from its struct of getProcessInfo. Raises RequestRefused BAD_NAME if it is gone.

    Plug-ins may have replaced the method and removed processes meanwhile.
    """
    services = call.services
    group, name = info["group"], info["name"]
    process = services.control.find(group, name)
    if process is None:
        raise RequestRefused(Fault.BAD_NAME, make_namespec(group, name))
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


def group_struct(call: Call, group: GroupSnapshot, infos: Mapping[str, Any]) -> Struct:
    """A group, with the structs of its processes from `infos`, by namespec."""
    names = [each.namespec for each in group.processes]
    return {
        "name": group.name,
        "kind": group.kind,
        "priority": group.priority,
        "processes": [process_struct(call, infos[name]) for name in names if name in infos],
    }


def all_infos(call: Call) -> dict[str, Any]:
    """Structs of getAllProcessInfo by namespec. Raises RequestRefused."""
    infos = call.rpc("supervisor.getAllProcessInfo")
    return {make_namespec(each["group"], each["name"]): each for each in infos}


def answer_process(call: Call, status: int = 200) -> Response:
    """The process that the path names. Raises RequestRefused."""
    info = call.rpc("supervisor.getProcessInfo", call.path["name"])
    return answer_json(process_struct(call, info), status)


def answer_group(call: Call, status: int = 200) -> Response:
    """The group that the path names. Raises RequestRefused."""
    group = found_group(call, call.path["name"])
    infos = {
        each.namespec: call.rpc("supervisor.getProcessInfo", each.namespec)
        for each in group.processes
    }
    return answer_json(group_struct(call, group, infos), status)


def answer_processes(call: Call, status: int = 200) -> Response:
    """All processes. Raises RequestRefused."""
    structs = [process_struct(call, info) for info in all_infos(call).values()]
    return answer_json({"processes": structs}, status)


def _iso(wall_s: int) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall_s)) if wall_s else None
