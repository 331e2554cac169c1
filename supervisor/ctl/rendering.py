"""How processes and pools are printed: names, lines, JSON. Pure: structs in, text out."""

import time

from supervisor.hints import Any, Iterable, Mapping, Sequence
from supervisor.states import ProcessStates
from supervisor.wire.namespec import make_namespec

Info = Mapping[str, Any]
"""An INFO struct, as getAllProcessInfo returns it."""

_AT_REST = (ProcessStates.RUNNING, ProcessStates.STOPPED)
NAME_WIDTH_MIN = 30
NAME_GAP = 3
STATE_WIDTH = 10


def namespec_of(struct: Info) -> str:
    """Name of the process of an INFO or STATUS struct."""
    return make_namespec(struct["group"], struct["name"])


def status_lines(infos: Sequence[Info]) -> list[str]:
    """One line per process; blanks stay behind a state without description."""
    width = max([NAME_WIDTH_MIN, *(len(namespec_of(info)) for info in infos)]) + NAME_GAP
    return [
        f"{namespec_of(info):<{width}}{info['statename']:<{STATE_WIDTH}}{info['description']}"
        for info in infos
    ]


def summary_lines(infos: Sequence[Info]) -> list[str]:
    """How many processes are in which state, then a line for each that is not as it should be."""
    counts = _counted(info["statename"] for info in infos)
    most_first = sorted(counts.items(), key=lambda each: each[1], reverse=True)
    states = ", ".join(f"{count} {state}" for state, count in most_first)
    what = "1 process" if len(infos) == 1 else f"{len(infos)} processes"
    rest = [info for info in infos if info["state"] not in _AT_REST]
    return [f"{what}: {states}" if infos else what, *status_lines(rest)]


def _counted(words: Iterable[str]) -> dict[str, int]:
    """How often each word is there."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def state_line(state: Mapping[str, Any]) -> str:
    """The state of the daemon, with the reason if there is one (getState)."""
    reason = f" ({state['reason']})" if "reason" in state else ""
    return f"supervisord: {state['statename']}{reason}"


def status_json(infos: Sequence[Info]) -> str:
    """A JSON array of INFO structs, each with what a reader would have to compute.

    `namespec`: the name as commands take it. `uptime_s`: seconds since the start, null unless
    RUNNING. `started`, `stopped`: ISO 8601 in UTC, null if that never happened.
    """
    # Late: no other command should pay for the import.
    import json

    return json.dumps([readable_info(info) for info in infos], indent=2, ensure_ascii=False)


def query_json(pool: str, answer: str | bytes) -> str:
    """A JSON object: which group was asked, and the answer of one of its listeners.

    `result`: the answer; null if it is no plain text, then `result_base64` has its bytes.
    """
    # Late, as above.
    import base64
    import json

    struct: dict[str, str | None] = {"group": pool, "result": None, "result_base64": None}
    if isinstance(answer, bytes):
        struct["result_base64"] = base64.b64encode(answer).decode("ascii")
    else:
        struct["result"] = answer
    return json.dumps(struct, indent=2, ensure_ascii=False)


_POOL_COLUMNS = ("name", "waiting", "delivered", "rejected", "dropped")


def pool_lines(pools: Sequence[Info]) -> list[str]:
    """A table of structs of getEventPools: a head, and a line for each; nothing if there is none.

    The column `waiting` has the events in the buffer and its size; the last one what the listeners
    are doing.
    """
    if not pools:
        return []
    rows = [(*_POOL_COLUMNS, "listeners"), *map(_pool_row, pools)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_POOL_COLUMNS))]
    return [
        "  ".join(
            [
                f"{row[0]:<{widths[0]}}",
                *(f"{row[column]:>{width}}" for column, width in enumerate(widths) if column),
                row[-1],
            ]
        )
        for row in rows
    ]


def _pool_row(pool: Info) -> tuple[str, ...]:
    states = _counted(
        each["state"] if each["process_state"] == "RUNNING" else each["process_state"]
        for each in pool["listeners"]
    )
    doing = ", ".join(
        state if len(pool["listeners"]) == 1 else f"{count} {state}"
        for state, count in states.items()
    )
    return (
        pool["name"],
        f"{pool['waiting']}/{pool['buffer_size']}",
        *(str(pool[column]) for column in ("delivered", "rejected", "dropped")),
        f"{doing}; catching up" if pool["behind"] else doing,
    )


def journal_lines(journal: Info) -> list[str]:
    """What has to be told about the event journal: nothing as long as all is well."""
    lost = journal["lost"]
    if not lost:
        return []
    events = "1 event" if lost == 1 else f"{lost} events"
    return [f"event journal {journal['path']}: {events} could not be written"]


def pools_json(pools: Sequence[Info], journal: Info) -> str:
    """A JSON object: `pools`, structs of getEventPools; `journal`, null if there is none."""
    # Late, as above.
    import json

    struct = {"pools": pools, "journal": journal if journal["path"] else None}
    return json.dumps(struct, indent=2, ensure_ascii=False)


def readable_info(info: Info) -> dict[str, Any]:
    """An INFO struct with what a reader would have to compute, see `status_json`."""
    running = info["state"] == ProcessStates.RUNNING
    return {
        **info,
        "namespec": namespec_of(info),
        "uptime_s": max(0, info["now"] - info["start"]) if running else None,
        "started": _iso(info["start"]),
        "stopped": _iso(info["stop"]),
    }


def _iso(wall_s: int) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall_s)) if wall_s else None


def config_line(config: Info) -> str:
    """Line of `avail` for one struct of getAllConfigInfo."""
    in_use = "in use" if config["inuse"] else "avail"
    start = "auto" if config["autostart"] else "manual"
    priorities = f"{config['group_prio']}:{config['process_prio']}"
    return f"{namespec_of(config):<32} {in_use:<9} {start:<9} {priorities}"
