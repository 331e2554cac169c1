"""Names of processes as clients write them: ``group:name``, ``name`` or ``group:*``."""


def split_namespec(namespec: str) -> tuple[str, str | None]:
    """Group and process of a namespec; the process is None if the whole group is meant."""
    group, colon, process = namespec.partition(":")
    if not colon:
        return namespec, namespec
    if process in ("", "*"):
        return group, None
    return group, process


def make_namespec(group: str, process: str | None) -> str:
    """Shortest namespec of a process; of the whole group if the process is None."""
    if process is None:
        return f"{group}:*"
    return process if process == group else f"{group}:{process}"
