"""A listener for tests that writes down what it is told, and answers when it may.

It speaks the protocol by itself, so that nothing of the package under test is needed for it, and it
ends with its daemon, however that ends.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = """#!{python}
import json, os, sys, time

directory, name = "{dir}", sys.argv[1]
parent = os.getppid()
record = os.open(f"{directory}/{name}.heard", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
out, source = sys.stdout, sys.stdin
while True:
    out.write("READY\\n")
    out.flush()
    line = source.readline()
    if not line:
        sys.exit(0)
    headers = dict(token.split(":", 1) for token in line.split())
    payload = source.read(int(headers["len"]))
    os.write(record, (json.dumps({**headers, "payload": payload}) + "\\n").encode())
    while os.path.exists(f"{directory}/{name}.closed"):
        if os.getppid() != parent:
            sys.exit(0)
        time.sleep(0.005)
    out.write("RESULT 2\\nOK")
"""


class Heard(NamedTuple):
    """One event, as the listener got it."""

    serial: int
    poolserial: int
    name: str
    payload: str


def heard(directory: Path, name: str = "ear") -> list[Heard]:
    """What the listener got so far, repeated events included."""
    path = directory / f"{name}.heard"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [_heard(json.loads(line)) for line in lines]


def _heard(event: dict[str, Any]) -> Heard:
    return Heard(
        int(event["serial"]), int(event["poolserial"]), event["eventname"], event["payload"]
    )


def hold(directory: Path, name: str = "ear") -> None:
    """Let the listener answer nothing from now on."""
    (directory / f"{name}.closed").touch()


def let_go(directory: Path, name: str = "ear") -> None:
    """Let it answer again."""
    (directory / f"{name}.closed").unlink()
