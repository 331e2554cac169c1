"""`pools`: the table, JSON, refusals."""

import json
from typing import Any

import pytest

from supervisor.ctl.commands.pools import Pools
from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, controller, daemon, run
from supervisor.tests.support.peer import Peer, raises_fault

NO_JOURNAL = {"path": "", "lost": 0}


def listener(name: str, state: str = "READY", process_state: str = "RUNNING") -> dict[str, str]:
    return {"name": name, "state": state, "process_state": process_state}


def pool(name: str, *listeners: dict[str, str], **more: Any) -> dict[str, Any]:
    """A struct of getEventPools."""
    numbers = {"waiting": 0, "buffer_size": 10, "delivered": 0, "rejected": 0, "dropped": 0}
    return {"name": name, **numbers, "behind": False, "listeners": list(listeners), **more}


def having(*pools: dict[str, Any], journal: dict[str, Any] = NO_JOURNAL) -> Peer:
    return daemon(getEventPools=lambda: list(pools), getEventJournal=lambda: journal)


def test_pools_are_printed_as_a_table() -> None:
    """What waits of how many, what became of the rest, what the listeners are doing."""
    mails = pool("mailer", listener("mailer"), delivered=12345, rejected=2)
    ears = pool(
        "ears",
        listener("ears:a", "BUSY"),
        listener("ears:b"),
        listener("ears:c"),
        listener("ears:d", "ACKNOWLEDGED", "FATAL"),
        waiting=10,
        dropped=7,
        behind=True,
    )
    with having(mails, ears) as peer:
        assert run(peer, "pools") == Outcome(
            "name    waiting  delivered  rejected  dropped  listeners\n"
            "mailer     0/10      12345         2        0  READY\n"
            "ears      10/10          0         0        7  "
            "1 BUSY, 2 READY, 1 FATAL; catching up\n",
            0,
        )


def test_nothing_is_printed_without_pools() -> None:
    with having() as peer:
        assert run(peer, "pools") == Outcome("", 0)


def test_journal_that_has_lost_something_is_told() -> None:
    """And nothing is said as long as it has not."""
    with having(journal={"path": "/var/events", "lost": 1}) as peer:
        told = "event journal /var/events: 1 event could not be written\n"
        assert run(peer, "pools") == Outcome(told, 0)
    with having(journal={"path": "/var/events", "lost": 3}) as peer:
        told = "event journal /var/events: 3 events could not be written\n"
        assert run(peer, "pools") == Outcome(told, 0)
    with having(journal={"path": "/var/events", "lost": 0}) as peer:
        assert run(peer, "pools") == Outcome("", 0)


@pytest.mark.parametrize(
    ("journal", "shown"),
    [(NO_JOURNAL, None), ({"path": "/var/events", "lost": 3}, {"path": "/var/events", "lost": 3})],
)
def test_pools_are_printed_as_json_for_programs(journal: Any, shown: Any) -> None:
    """`--json`: what the daemon says, and null for a journal that there is not."""
    mails = pool("mailer", listener("mailer"), delivered=5)
    with having(mails, journal=journal) as peer:
        outcome = run(peer, "pools --json")
    assert json.loads(outcome.stdout) == {"pools": [mails], "journal": shown}
    assert outcome.exit_code == 0


def test_daemon_that_counts_nothing_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1; with --json, where no JSON is spoilt."""
    told = "ERROR: this supervisord does not count events: it is older than 5.0\n"
    with daemon(getEventPools=raises_fault(Fault.UNKNOWN_METHOD, "UNKNOWN_METHOD")) as peer:
        assert run(peer, "pools") == Outcome(told, 1)
        assert run(peer, "pools --json") == Outcome("", 1)
    assert capsys.readouterr().err == told


def test_pools_during_a_shutdown_say_so() -> None:
    with daemon(getEventPools=raises_fault(Fault.SHUTDOWN_STATE, "SHUTDOWN_STATE")) as peer:
        assert run(peer, "pools") == Outcome("ERROR: supervisor shutting down\n", 1)


@pytest.mark.parametrize(("line", "word"), [("pools ears", "ears"), ("pools --json -v", "-v")])
def test_misuse_is_told_with_the_help(line: str, word: str) -> None:
    """Exit 2, and no daemon is asked."""
    with daemon() as peer:
        assert run(peer, line) == Outcome(f"Error: bad argument {word}\n{Pools.help}\n", 2)


def test_tab_offers_the_flags_and_the_formats() -> None:
    with daemon() as peer:
        completion = controller(peer)._completion
        assert completion.candidates("pools", "") == ["--json ", "--output "]
        assert completion.candidates("pools --output", "") == ["json ", "table "]
