"""Being another user for a moment, and oneself again whatever happens.

Apart from `host.users`: few daemons have programs whose directory must be entered so.
"""

import os
from contextlib import contextmanager

from supervisor.hints import Iterator, Sequence
from supervisor.host.users import no_group_id, no_user_id, require_root, set_groups


@contextmanager
def assumed_user(uid: int, gid: int | None, groups: Sequence[int]) -> Iterator[None]:
    """Be another user for a moment: a child made meanwhile enters its directory as that user.

    Only the effective ids change; the real ones stay root's, so the user cannot signal or trace
    us meanwhile. It matters where root may not enter (root-squashed NFS, FUSE), and where only
    root may. Raises HostError and changes nothing if the system refuses.
    """
    require_root()
    own_groups, own_gid = os.getgroups(), os.getegid()
    set_groups(groups)
    try:
        try:
            if gid is not None:
                os.setegid(gid)
        except OSError as error:
            raise no_group_id(error) from error
        try:
            os.seteuid(uid)
        except OSError as error:
            raise no_user_id(error) from error
        yield
    finally:
        # The user first: it takes root to set the other two.
        os.seteuid(0)
        os.setegid(own_gid)
        os.setgroups(own_groups)
