"""Which processes the words of a command mean: `name`, `group:name`, `group:*`, `all`."""

from supervisor.ctl.rendering import Info
from supervisor.hints import Iterable, Sequence
from supervisor.wire.namespec import split_namespec

EVERYBODY = "all"


def select(infos: Sequence[Info], names: Iterable[str]) -> tuple[list[Info], list[str]]:
    """Processes in the order of the words, and a line for each word that means none.

    `all` anywhere means all of them, in their own order.
    """
    names = list(names)
    if EVERYBODY in names:
        return list(infos), []
    chosen, unknown = [], []
    for name in names:
        group, process = split_namespec(name)
        matching = [
            info for info in infos if info["group"] == group and process in (None, info["name"])
        ]
        if not matching:
            what, kind = (group, "group") if process is None else (name, "process")
            unknown.append(f"{what}: ERROR (no such {kind})")
        chosen += matching
    return chosen, unknown
