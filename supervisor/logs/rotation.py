"""Rotation: which files move where. The plan is pure; `carry_out` is the only part that acts.

``log.1`` is the youngest backup. Removing and renaming never touch the file's content, so nothing
is lost or reordered by a rotation that stops half way: the step that would overwrite a backup is
taken only after that backup has moved on. What has lost its name and is large is not freed at once
(`logs.disposal`), unless room is needed: what that takes of those who rotate is here as well.
"""

import errno
import os

from supervisor.hints import TYPE_CHECKING, Callable, Final, Iterable
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

if TYPE_CHECKING:
    from supervisor.logs.disposal import Disposal

LARGE_BYTES: Final = 4 * 1024 * 1024
"""A file of that size takes the file system so long to delete that others would notice."""

Disposals = Callable[[], "Disposal"]
"""Who deletes large files; made by the first use, since most daemons have none."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Remove(NamedTuple):
    """Delete a file."""

    path: str


class Rename(NamedTuple):
    """Move a file over whatever has the new name."""

    path: str
    new_path: str


Step = Remove | Rename


def backup_path(base: str, number: int) -> str:
    """Name of a backup; number 0 is the log itself."""
    return f"{base}.{number}" if number else base


def rotation_depth(base: str, backups: int, exists: Callable[[str], bool]) -> int:
    """How many of the allowed backups a rotation has to fill: it ends at the first free name.

    Keeps the work in proportion to the files there are: a limit of a million backups is harmless.
    """
    depth = min(backups, 1)
    while depth < backups and exists(backup_path(base, depth)):
        depth += 1
    return depth


def rotation_plan(base: str, backups: int) -> list[Step]:
    """Steps, in order, that free the name `base` and keep at most `backups` older files."""
    plan: list[Step] = [Remove(backup_path(base, backups))]
    plan += [
        Rename(backup_path(base, number), backup_path(base, number + 1))
        for number in range(backups - 1, -1, -1)
    ]
    return plan


def carry_out(plan: Iterable[Step], delete: Callable[[str], object] = os.unlink) -> None:
    """Do the steps, `delete` those that remove; missing files are none of our business.

    Stops at the first step that fails and raises its OSError.
    """
    for step in plan:
        with suppress(FileNotFoundError):
            match step:
                case Remove(path):
                    delete(path)
                case Rename(path, new_path):
                    os.rename(path, new_path)


def rotate(base: str, backups: int, delete: Callable[[str], object] = os.unlink) -> None:
    """Free the name `base`. Raises OSError; what could not be moved is still where it was."""
    carry_out(rotation_plan(base, rotation_depth(base, backups, os.path.lexists)), delete)


def deletion(maxbytes: int, disposal: Disposals | None) -> Callable[[str], object]:
    """How a log that is rotated at that size is deleted."""
    made = None if maxbytes < LARGE_BYTES else _made(disposal)
    return os.unlink if made is None else made.delete


def makes_room(error: OSError, disposal: Disposals | None) -> bool:
    """Whether the disk was full of logs that are deleted already, and is not any more."""
    if error.errno not in _FULL:
        return False
    made = _made(disposal)
    return made is not None and made.make_room()


def _made(disposal: Disposals | None) -> "Disposal | None":
    """Who deletes large files, if there is anybody.

    None as well if it cannot be loaded, perhaps weeks after the start: the installation may have
    been replaced meanwhile, or descriptors be short. A log must not fail for that.
    """
    try:
        return None if disposal is None else disposal()
    except (ImportError, OSError):
        return None
