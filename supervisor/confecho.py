"""``echo_supervisord_conf``: print a sample configuration."""

import sys

from supervisor.config.render import sample
from supervisor.standard_streams import write_now


def main() -> None:
    """Write the sample to stdout."""
    write_now(sys.stdout, sample())


if __name__ == "__main__":
    main()
