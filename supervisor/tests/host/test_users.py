"""Who the daemon and its children run as."""

import grp
import os
import pwd
import subprocess
import sys

import pytest

from supervisor.errors import HostError
from supervisor.host.assumed_user import assumed_user
from supervisor.host.users import account_of, drop_privileges

NOBODY_UID = 65534
NO_SUCH_UID = 4_000_000_000

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def in_new_process(script: str) -> str:
    """What a script prints in an interpreter of its own; privileges dropped there are its own."""
    result = subprocess.run(
        [sys.executable, "-c", f"import os\nfrom supervisor.host.users import *\n{script}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return result.stdout.strip()


def test_account_has_primary_group_and_all_that_list_the_user() -> None:
    """Supplementary groups: the primary one and every group that names the user."""
    for user in pwd.getpwall():
        account = account_of(user.pw_uid)
        listed = {group.gr_gid for group in grp.getgrall() if user.pw_name in group.gr_mem}
        first = pwd.getpwuid(user.pw_uid)
        if first.pw_name != user.pw_name:
            continue

        assert account.gid == account.groups[0] == user.pw_gid
        assert set(account.groups) == listed | {user.pw_gid}


def test_account_takes_another_primary_group() -> None:
    """`user = name:group` replaces the primary group."""
    account = account_of(0, 4711)

    assert (account.uid, account.gid, account.groups[0]) == (0, 4711, 4711)


def test_unknown_user_is_told() -> None:
    """A uid without an account cannot be assumed."""
    with pytest.raises(HostError, match=rf"^Can't find uid {NO_SUCH_UID}$"):
        account_of(NO_SUCH_UID)


@needs_root
def test_daemon_becomes_its_user_for_good() -> None:
    """Groups, group and user all change, and there is no way back."""
    printed = in_new_process(
        f"print(drop_privileges({NOBODY_UID}))\n"
        "print(os.getresuid(), os.getresgid(), os.getgroups())\n"
        "try:\n    os.setuid(0)\nexcept PermissionError:\n    print('no way back')\n"
    )
    account = account_of(NOBODY_UID)
    gids = (account.gid,) * 3

    assert printed.splitlines() == [
        f"Set uid to user {NOBODY_UID} succeeded",
        f"{(NOBODY_UID,) * 3} {gids} {sorted(account.groups)}",
        "no way back",
    ]


def test_nothing_happens_when_we_are_that_user() -> None:
    """The same message, but no change of groups."""
    before = os.getgroups()

    assert drop_privileges(os.getuid()) == f"Set uid to user {os.getuid()} succeeded"
    assert os.getgroups() == before


@needs_root
def test_only_root_can_become_another_user() -> None:
    """The text that tools look for."""
    printed = in_new_process(
        f"os.setresuid({NOBODY_UID}, {NOBODY_UID}, {NOBODY_UID})\n"
        "try:\n    drop_privileges(1)\nexcept Exception as error:\n    print(error)\n"
    )

    assert printed == "Can't drop privilege as nonroot user"


@needs_root
def test_assumed_user_is_given_up_after_an_error() -> None:
    """However the moment ends, we are who we were."""
    before = (os.getresuid(), os.getresgid(), os.getgroups())
    with pytest.raises(ZeroDivisionError), assumed_user(NOBODY_UID, 4711, (4711, 4712)):
        assert (os.geteuid(), os.getegid()) == (NOBODY_UID, 4711)
        assert sorted(os.getgroups()) == [4711, 4712]
        raise ZeroDivisionError

    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before


@needs_root
def test_assumed_user_leaves_our_real_ids_alone() -> None:
    """Otherwise processes of the user could signal the daemon meanwhile."""
    with assumed_user(NOBODY_UID, 4711, ()):
        real_uid, _, saved_uid = os.getresuid()

    assert (real_uid, saved_uid) == (0, 0)


@needs_root
def test_assumed_user_is_refused_for_impossible_ids() -> None:
    """A group that cannot be changes nothing."""
    before = (os.getresuid(), os.getresgid(), os.getgroups())
    with (
        pytest.raises(HostError, match=r"^Could not set groups of effective user$"),
        assumed_user(NOBODY_UID, NOBODY_UID, (-1,)),
    ):
        pass

    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before
