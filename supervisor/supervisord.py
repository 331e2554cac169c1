"""The command supervisord."""

import sys

from supervisor.daemon.boot import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
