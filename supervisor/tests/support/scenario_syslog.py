"""A syslog of one's own: the daemon runs with a private /dev in which /dev/log is a test's socket.

The rule of this module: the machine's /dev is not touched; the private one lives in a mount
namespace that ends with the daemon.
"""

import os
import shutil
import socket
from pathlib import Path

PRIVATE_DEV = """#!/bin/sh
set -e
mkdir -p {dir}/dev
mount --rbind /dev {dir}/dev
mount -t tmpfs -o mode=755 tmpfs /dev
for name in null zero full random urandom tty pts shm fd stdin stdout stderr; do
  ln -s {dir}/dev/$name /dev/$name
done
ln -s {dir}/log.sock /dev/log
exec "$@"
"""


def why_not() -> str | None:
    """Why no private /dev can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root for a /dev of its own"
    return None if shutil.which("unshare") else "needs unshare for a /dev of its own"


def private_dev(directory: Path) -> tuple[str, ...]:
    """Command line, to be followed by another one, that runs it with a private /dev."""
    path = directory / "private-dev"
    path.write_text(PRIVATE_DEV.replace("{dir}", str(directory)), encoding="utf-8")
    path.chmod(0o755)
    return ("unshare", "--mount", str(path))


class SyslogSocket:
    """The receiving end of /dev/log in a directory; keeps the datagrams it was sent."""

    def __init__(self, directory: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(directory / "log.sock"))
        self._socket.setblocking(False)
        self.messages: list[bytes] = []

    def heard(self, text: bytes) -> bool:
        """Whether a message with `text` has arrived by now."""
        while True:
            try:
                self.messages.append(self._socket.recv(65536))
            except BlockingIOError:
                return any(text in message for message in self.messages)

    def close(self) -> None:
        """Stop receiving."""
        self._socket.close()
