"""What a page of a process in trouble says to do next, to whoever is woken by it."""

import pytest

from supervisor.core.policies import Restart, RestartPolicy
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.ports import Setting
from supervisor.tests.rpc.world import AT_ONCE, EXIT_3, NO_RETRY, program
from supervisor.tests.web.visitor import Visitor


def test_fatal_says_that_nothing_happens_by_itself_and_what_to_do() -> None:
    """With the place in the configuration where the command is."""
    visitor = Visitor(program("web", start=NO_RETRY))
    visitor.world.configuration.keys_of = lambda process_id: [  # type: ignore[attr-defined]
        Setting("command", "/bin/web", "/bin/web", "/etc/s.conf:12")
    ]
    visitor.world.child("web:web").dies_at_once = EXIT_3
    visitor.world.fault("startProcess", "web", False)
    said = visitor.see("process.html?name=web").id("fault").text
    assert "Gave up." in said
    assert "Nothing happens by itself now." in said
    assert "then start it." in said
    assert "(/etc/s.conf:12)" in said and "supervisorctl update" in said
    visitor.caller = Caller("eye", Role.READ, (), "password")
    assert "let somebody start it who may" in visitor.see("process.html?name=web").id("fault").text


def test_unexpected_exit_says_why_it_stays_down() -> None:
    """autorestart has been told so."""
    visitor = Visitor(program("web", start=AT_ONCE, restart=RestartPolicy(Restart.NEVER)))
    visitor.keys["autorestart"] = "false"
    visitor.world.call("startProcess", "web")
    visitor.world.exited("web:web", EXIT_3)
    said = visitor.see("process.html?name=web").id("fault").text
    assert "It stays down: autorestart is false." in said


@pytest.mark.parametrize(("retries", "often"), [("3", "4 times"), ("0", "1 time")])
def test_backoff_says_how_long_it_goes_on(retries: str, often: str) -> None:
    """startretries are tries after the first one."""
    visitor = Visitor(program("web"))
    visitor.keys["startretries"] = retries
    visitor.world.child("web:web").dies_at_once = EXIT_3
    visitor.world.fault("startProcess", "web", False)
    said = visitor.see("process.html?name=web").id("fault").text
    assert f"until it has failed {often} in a row. Stop ends that." in said


def test_what_is_over_needs_nothing() -> None:
    """A process that runs again says what was, and no more."""
    visitor = Visitor(program("web", start=AT_ONCE))
    visitor.world.call("startProcess", "web")
    assert visitor.see("process.html?name=web").id("fault").text == ""
