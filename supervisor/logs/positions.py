"""How far each pool has got in the event journal: a small file beside it, replaced as a whole.

A position is the serial of the first event that the pool is not done with. The file may be older
than the truth (then events are told again), never newer.
"""

import json
import os

from supervisor.hints import Any, Final, Mapping
from supervisor.logs.journal import is_serial
from supervisor.logs.reading import open_regular

MODE: Final = 0o600
BYTES_MAX: Final = 16 * 1024 * 1024
"""Of the file: more than any number of pools needs."""


def positions_path(journal: str) -> str:
    """Where the positions of a journal are kept."""
    return f"{journal}.positions"


def load_positions(path: str) -> dict[str, int]:
    """Serial by pool, empty if there is no such file. Raises OSError, ValueError if damaged."""
    try:
        with open(open_regular(path), "rb") as file:
            text = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return {}
    if len(text) > BYTES_MAX:
        raise ValueError(f"it is larger than {BYTES_MAX} bytes")
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        # What these say is meant for those who write Python.
        raise ValueError("it holds no JSON, or JSON that is out of all proportion") from error
    pools = found.get("pools") if isinstance(found, dict) else None
    if not isinstance(pools, dict) or not all(is_serial(each) for each in pools.values()):
        raise ValueError("it holds no positions")
    return dict(pools)


def save_positions(path: str, positions: Mapping[str, int]) -> None:
    """Replace the file. Raises OSError, and leaves the old one as it is."""
    new = f"{path}.new"
    text = json.dumps({"pools": dict(positions)}, sort_keys=True) + "\n"
    # Never through a link that somebody has laid: the directory may be open to others.
    _remove(new)
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        with open(fd, "wb") as file:
            file.write(text.encode())
        os.replace(new, path)
    except OSError:
        # Half a file is of no use, and in the way of others on a full disk.
        _remove(new)
        raise


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
