"""Entry points are resolved while the file is read: a mistake is told with its place."""

from supervisor.config.document import Section
from supervisor.config.reading import Reader
from supervisor.config.valuetypes import ENTRY_POINT


def check_entry_point(reader: Reader, section: Section, key: str, spec: str) -> None:
    """Report an error if `spec` names nothing that can be imported."""
    try:
        reader.surroundings.resolve_entry_point(spec)
    except BaseException as error:
        # Importing runs the code of others, which may raise anything, and even try to exit.
        why = str(error) or repr(error)
        reader.problems.error(
            f"{spec} cannot be resolved within [{section.name}]: {why}",
            section.place_of(key),
            ENTRY_POINT.expected,
        )
