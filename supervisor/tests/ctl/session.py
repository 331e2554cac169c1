"""A session of the shell against a scripted peer, all in this process."""

import io
from dataclasses import dataclass
from typing import Any

from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.tests.support.peer import Method, Peer


@dataclass(frozen=True)
class Outcome:
    """What one action printed on stdout, and its exit code."""

    stdout: str
    exit_code: int


def info(name: str, state: int = 20, statename: str = "RUNNING", **more: Any) -> dict[str, Any]:
    """An INFO struct; `name` is a namespec."""
    group, _, process = name.partition(":")
    return {
        "group": group,
        "name": process or group,
        "state": state,
        "statename": statename,
        "description": "",
        "pid": 1 if state == 20 else 0,
        "start": 0,
        "stop": 0,
        "now": 0,
        **more,
    }


def status_of(name: str, code: int = 80, description: str = "OK") -> dict[str, Any]:
    """A STATUS struct; `name` is a namespec."""
    group, _, process = name.partition(":")
    return {
        "group": group,
        "name": process or group,
        "status": int(code),
        "description": description,
    }


def daemon(**methods: Method) -> Peer:
    """A peer with the given methods of the supervisor namespace; it is up."""
    named = {f"supervisor.{name}": method for name, method in methods.items()}
    return Peer({"supervisor.getVersion": lambda: "3.0", **named})


def controller(peer: Peer, **options: Any) -> Controller:
    """A one-shot controller for a peer, printing into memory."""
    settings = ShellOptions(serverurl=peer.serverurl, serverurl_given=True, **options)
    return Controller(settings, stdin=io.StringIO(), stdout=io.StringIO())


def run(peer: Peer, line: str, **options: Any) -> Outcome:
    """Carry one line out in a fresh session."""
    session = controller(peer, **options)
    session.onecmd(line)
    return outcome_of(session)


def outcome_of(session: Controller) -> Outcome:
    """What a session has printed, and its exit status."""
    assert isinstance(session.stdout, io.StringIO)
    return Outcome(session.stdout.getvalue(), session.exitstatus)
