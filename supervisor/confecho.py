"""``echo_supervisord_conf``: print a sample configuration."""

import sys

from supervisor.config.render import sample


def main() -> None:
    """Write the sample to stdout."""
    sys.stdout.write(sample())


if __name__ == "__main__":
    main()
