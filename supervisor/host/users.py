"""Who the daemon and its children run as.

Everything about an account is looked up beforehand, in the daemon: nothing is looked up between
fork and exec.
"""

import errno
import os
import pwd

from supervisor.errors import HostError
from supervisor.hints import Sequence
from supervisor.tuples import NamedTuple


class Account(NamedTuple):
    """What a process needs to know to become a user."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    """Supplementary groups, the primary one included."""


def account_of(uid: int, gid: int | None = None) -> Account:
    """The account of a uid, with another primary group if `gid` is given.

    Raises HostError if there is no such user.
    """
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise HostError(f"Can't find uid {uid}", call="getpwuid", errno=errno.ENOENT) from None
    if gid is None:
        gid = entry.pw_gid
    return Account(uid, gid, supplementary_groups(entry.pw_name, gid))


def supplementary_groups(name: str, gid: int) -> tuple[int, ...]:
    """`gid`, then every group that lists the user as a member (manual, `user`).

    The system is asked for the groups of one user, as at a login: to read the list of all groups
    takes long where it comes over the network, and may be incomplete there.
    """
    return tuple(dict.fromkeys((gid, *os.getgrouplist(name, gid))))


def drop_privileges(uid: int, gid: int | None = None) -> str:
    """Become a user for good, unless we are that user already; the line for the main log.

    Raises HostError with the text of the manual: no such user, not root, or refused.
    """
    if uid != os.getuid():
        _become(account_of(uid, gid))
    return f"Set uid to user {uid} succeeded"


def _become(account: Account) -> None:
    require_root()
    set_groups(account.groups)
    try:
        os.setgid(account.gid)
    except OSError as error:
        raise no_group_id(error) from error
    try:
        os.setuid(account.uid)
    except OSError as error:
        raise no_user_id(error) from error


def require_root() -> None:
    """Raises HostError with the text of the manual for anybody else."""
    if os.geteuid() != 0:
        raise HostError("Can't drop privilege as nonroot user", call="setuid", errno=errno.EPERM)


def set_groups(groups: Sequence[int]) -> None:
    """Have these supplementary groups. Raises HostError."""
    try:
        os.setgroups(groups)
    except OSError as error:
        raise HostError(
            "Could not set groups of effective user", call="setgroups", errno=error.errno
        ) from error


def no_group_id(error: OSError) -> HostError:
    """The group id was refused."""
    return HostError("Could not set group id of effective user", call="setgid", errno=error.errno)


def no_user_id(error: OSError) -> HostError:
    """The user id was refused."""
    return HostError("Could not set user id of effective user", call="setuid", errno=error.errno)
