"""The limit on open files: raised for the daemon alone, while its children keep the one they had.

A program may rely on a limit of 1,024, because it calls select() or closes every descriptor there
might be. So the limit is lowered for the moment in which a child is made; descriptors beyond it
stay open, only new ones are refused. The limit after `raise_limits` (`minfds`) is the children's.
"""

import fcntl
import os
import resource

from supervisor.hints import Final

_SPARE_COUNT: Final = 4
"""New descriptors, at most, that it takes to make a child once its pipes are there."""


class DescriptorLimit:
    """The soft limit on open files of this process, and that of its children."""

    __slots__ = ("_of_children", "_own", "_spare")

    def __init__(self) -> None:
        self._of_children: tuple[int, int] | None = None
        """None as long as theirs is ours."""
        self._own = resource.getrlimit(resource.RLIMIT_NOFILE)
        """Soft and hard."""
        self._spare: list[int] = []
        """Held below the limit of the children, to be there when one is made."""

    def raise_to(self, count: int) -> bool:
        """Let us open that many, if that is more than now; False if the system refuses.

        As much as it allows is taken then.
        """
        if self._of_children is None:
            self._own = resource.getrlimit(resource.RLIMIT_NOFILE)
        soft, hard = self._own
        if _suffices(soft, count):
            return True
        if not _suffices(hard, count) and self._set((count, count)):
            return True
        self._set((count if _suffices(hard, count) else hard, hard))
        return _suffices(self._own[0], count)

    @property
    def soft(self) -> int | None:
        """How many we may open; None: as many as we like."""
        return None if self._own[0] == resource.RLIM_INFINITY else self._own[0]

    @property
    def of_children(self) -> int | None:
        """The soft limit of children; None if it is ours."""
        return None if self._of_children is None else self._of_children[0]

    def _set(self, limits: tuple[int, int]) -> bool:
        if limits == self._own:
            return False
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        except (OSError, ValueError):
            # ValueError is what the resource module makes of EPERM for the hard limit.
            return False
        if self._of_children is None:
            # Now, when few descriptors are open, there are some below that limit.
            self._of_children = self._own
            self._hold_spare()
        self._of_children = (self._of_children[0], limits[1])
        self._own = limits
        return True

    def __enter__(self) -> None:
        """For the moment in which a child is made: the limit is the children's."""
        if self._of_children is not None:
            while self._spare:
                os.close(self._spare.pop())
            resource.setrlimit(resource.RLIMIT_NOFILE, self._of_children)

    def __exit__(self, *exception: object) -> None:
        """The limit is ours again."""
        if self._of_children is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._own)
            self._hold_spare()

    def _hold_spare(self) -> None:
        """Copies of any descriptor will do; the system gives each the lowest free number."""
        while len(self._spare) < _SPARE_COUNT:
            self._spare.append(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 0))


def _suffices(limit: int, count: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= count
