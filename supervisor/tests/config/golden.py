"""Golden configurations: each ``NAME.conf`` has a ``NAME.txt`` with what is made of it.

For an invalid file that is the reference text of its first error and, after a line of dashes, the
report of all problems; for a valid one, its settings. `python -m supervisor.tests.config.golden`
writes the expectations anew: read the difference before you commit it.
"""

from pathlib import Path
from typing import Any

from supervisor.config.load import LoadResult, load_settings
from supervisor.config.problems import render_report
from supervisor.config.record import fields_of
from supervisor.config.values import AutoLog, FileLog, NoLog
from supervisor.tests.config.machine import FakeMachine

GOLDEN = Path(__file__).parent.parent / "golden" / "config"
SEPARATOR = "\n--------\n"
ENVIRON = {"A": "1", "LC_ALL": "C.UTF-8"}


def names(kind: str) -> list[str]:
    """All golden files of a kind, ``valid`` or ``invalid``."""
    return sorted(path.stem for path in (GOLDEN / kind).glob("*.conf"))


def load_golden(kind: str, name: str) -> LoadResult:
    """Load a golden file on the machine in memory, beside all others of its kind."""
    files = {f"/golden/{path.name}": path.read_bytes() for path in (GOLDEN / kind).iterdir()}
    machine = FakeMachine(files=files, cwd="/golden", environ=ENVIRON)
    return load_settings(f"{name}.conf", machine)


def outcome(kind: str, name: str) -> str:
    """What the expectation of a golden file should say."""
    result = load_golden(kind, name)
    if result.settings is None:
        error = result.first_error()
        assert error is not None
        return error.message + SEPARATOR + render_report(result.problems)
    report = render_report(result.problems)
    return _shown("", result.settings) + SEPARATOR + report


def reference_text(name: str) -> str:
    """The first error that the expectation of an invalid file names."""
    return (GOLDEN / "invalid" / f"{name}.txt").read_text().split(SEPARATOR)[0]


def _shown(prefix: str, value: Any) -> str:
    """One line per value that is not the default of its declaration."""
    lines = []
    for key, field in fields_of(type(value)).items():
        item = getattr(value, key)
        name = f"{prefix}{key}"
        if item == field.default:
            continue
        if isinstance(item, tuple) and item and fields_of(type(item[0])):
            for index, each in enumerate(item):
                lines.append(_shown(f"{name}[{index}].", each))
        elif fields_of(type(item)):
            lines.append(_shown(f"{name}.", item))
        else:
            lines.append(f"{name} = {_plain(item)}\n")
    return "".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, FileLog):
        return value.path
    return value.name if isinstance(value, AutoLog | NoLog) else repr(value)


def write_all() -> None:
    """Write all expectations anew."""
    for kind in ("valid", "invalid"):
        for name in names(kind):
            (GOLDEN / kind / f"{name}.txt").write_text(outcome(kind, name))


if __name__ == "__main__":
    write_all()
