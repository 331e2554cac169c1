"""What a reread reports."""

import pytest

from supervisor.config.diff import diff_groups, sharing
from supervisor.tests.config.machine import settings_of

BASE = "[program:a]\ncommand=x\n"


def groups(text):
    """Groups of a text."""
    return settings_of(text).groups


def names(changes):
    """Names of groups."""
    return [group.name for group in changes]


def test_new_and_gone_groups_are_told_in_their_order():
    """Added by priority and name, removed in active order."""
    active = groups("[program:z]\ncommand=x\n[program:y]\ncommand=x\npriority=5\n" + BASE)
    available = groups("[program:n]\ncommand=x\n[program:m]\ncommand=x\npriority=1\n" + BASE)
    diff = diff_groups(active, available)
    assert (names(diff.added), names(diff.changed), names(diff.removed)) == (
        ["m", "n"],
        [],
        ["y", "z"],
    )


@pytest.mark.parametrize(
    "line",
    [
        "priority=1",
        "command=y",
        "startsecs=2",
        "environment=A=1",
        "umask=022",
        "user=web",
        "serverurl=http://x",
        "restore_signals=true",
        "stdout_logfile=NONE",
        "stderr_syslog=true",
        "numprocs=2\nprocess_name=a%(process_num)d",
    ],
)
def test_any_key_of_a_program_is_a_change(line):
    """Process content is every key after expansion."""
    assert names(diff_groups(groups(BASE), groups(BASE + line)).changed) == ["a"]


def test_global_environment_changes_all_groups():
    """It is merged into every process."""
    diff = diff_groups(groups(BASE), groups(BASE + '[supervisord]\nenvironment=X="1"\n'))
    assert names(diff.changed) == ["a"]


def test_moved_lines_are_no_change():
    """Places do not count, nor do sections of the daemon itself."""
    moved = "; comment\n\n[supervisord]\nloglevel=debug\n" + BASE
    assert not any(diff_groups(groups(BASE), groups(moved)))


def test_order_of_members_is_a_change():
    """Number, order and content of processes."""
    text = "[program:b]\ncommand=x\n[group:g]\nprograms={}\n" + BASE
    diff = diff_groups(groups(text.format("a,b")), groups(text.format("b,a")))
    assert names(diff.changed) == ["g"]


def test_kind_of_group_is_a_change():
    """A program that becomes a listener."""
    listener = groups("[eventlistener:a]\ncommand=x\nevents=TICK\n")
    assert names(diff_groups(groups(BASE), listener).changed) == ["a"]


SERVED = "[inet_http_server]\nport=127.0.0.1:9\n" + BASE


def test_settings_are_shared_with_those_of_before():
    """Thousands of programs are in memory once, however often the file is reread."""
    former, read = settings_of(SERVED), settings_of(SERVED + "[program:b]\ncommand=x\n")
    shared = sharing(read, former, former.groups)
    assert shared == read
    assert shared.groups[0] is former.groups[0]
    assert shared.servers is former.servers
    assert shared.supervisord is former.supervisord


@pytest.mark.parametrize(
    ("now", "is_active"),
    [
        (SERVED.replace("command=x", "command=y"), True),
        (SERVED.replace("command=x", "; moved\ncommand=x"), True),
        (SERVED.replace("[program:a]", "; moved\n[program:a]"), True),
        (SERVED, False),
    ],
)
def test_settings_that_changed_or_stand_elsewhere_are_not_shared(now, is_active):
    """Pages tell where a key is set: places must be those of the file that was read last."""
    former, read = settings_of(SERVED), settings_of(now)
    shared = sharing(read, former, former.groups if is_active else ())
    assert shared.groups[0] is read.groups[0]


def test_servers_that_stand_elsewhere_are_not_shared():
    """Messages about them name a line."""
    former, read = settings_of(SERVED), settings_of("; moved\n" + SERVED)
    assert sharing(read, former, former.groups).servers is read.servers
