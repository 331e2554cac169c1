"""Where the keys of a section stand, in as little memory as it takes.

Hardly anybody asks, but every program has a section: so it is one text, shared by all processes of
the section, that is only taken apart when somebody wants to know.
"""

from supervisor.config.document import Section
from supervisor.config.values import Origin


def note_places(section: Section) -> str:
    """The keys of a section, those inherited from ``[DEFAULT]`` included, with line and file."""
    entries = section.entries
    if section.defaults:
        entries = {**section.defaults, **entries}
    here = section.source.path
    return "\n".join(
        f"{key}\t{entry.line}"
        if entry.source.path == here
        else f"{key}\t{entry.line}\t{entry.source.path}"
        for key, entry in entries.items()
    )


def read_places(noted: str, here: str) -> dict[str, Origin]:
    """Where each key stands; `here` is the file of the section."""
    places = {}
    for line in noted.split("\n") if noted else ():
        key, number, *path = line.split("\t", 2)
        places[key] = Origin(path[0] if path else here, int(number))
    return places
