"""Daemons whose pages are looked at: what they run, and how a test makes something happen.

The rule of this module: programs do nothing by themselves that a test waits for; they do what they
are told through their stdin, or end as their configuration says.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from supervisor.tests.support.daemon import OUR_DAEMON, LiveDaemon, free_port, wait_until

ECHO = """\
[program:echo]
command = /bin/sh -c 'while read -r line; do case "$line" in
    !*) echo "$line" >&2;; exit*) exit "${line#exit }";; *) echo "$line";; esac; done'
startsecs = 0
autorestart = false
"""
"""Says every line that it is given; one that begins with ``!`` on stderr; ``exit N`` ends it."""

BASIC = (
    ECHO
    + """
[program:sleeper]
command = sleep 3600
startsecs = 0

[program:resting]
command = sleep 3600
autostart = false
startsecs = 0

[program:worker]
command = sleep 3600
process_name = worker_%(process_num)02d
numprocs = 3
startsecs = 0
"""
)
"""Enough to act on: three programs, a group of three."""

EVERY_STATE = """
[group:web]
programs = nginx,gunicorn

[program:nginx]
command = sleep 3600
startsecs = 0
stopsignal = QUIT

[program:gunicorn]
command = sleep 3600
process_name = gunicorn_%(process_num)02d
numprocs = 4
startsecs = 0
environment = SECRET_KEY="hunter2"

[program:migrate]
command = /bin/sh -c 'echo "applied 3 migrations"'
startsecs = 0
autorestart = unexpected

[program:search]
command = /nonexistent/opensearch -d
startretries = 0

[program:invoice]
command = /bin/sh -c 'echo "cannot bind 0.0.0.0:7000: Address already in use" >&2; exit 2'
startsecs = 30
startretries = 3000

[program:report]
command = /bin/sh -c 'echo "loading fonts: 212 of 640" >&2; kill -SEGV $$'
startsecs = 0
autorestart = false

[program:warming]
command = sleep 3600
startsecs = 3600

[program:tunnel]
command = sleep 3600
autostart = false

"""
"""A process in every state that lasts."""

COLOURS = """
[program:colours]
command = /bin/sh -c 'for n in 1 2 3 4 5 6 7; do
    printf "\\033[3${n}mcolour $n\\033[0m and \\033[1mbold\\033[0m\\n"; done;
    printf "\\033]0;title\\007\\033[2Jplain \\033[38;5;196mred\\033[0m\\n"; exec sleep 3600'
startsecs = 0
"""
"""Says a line in each colour, and one with other control sequences."""


class Shop(LiveDaemon):
    """A daemon with an HTTP server on a port of the loopback interface.

    `config` is what it runs; `server` are more lines of its [inet_http_server].
    """

    def __init__(self, directory: Path, config: str, server: str = "") -> None:
        self.port = free_port()
        self.scheme = "https" if "ssl_certfile" in server else "http"
        text = f"[inet_http_server]\nport = 127.0.0.1:{self.port}\n{server}\n{config}"
        # As in a shell: a signal of the terminal reaches the daemon, what it runs has no colours.
        super().__init__(OUR_DAEMON, text, directory)

    @property
    def origin(self) -> str:
        """Scheme, host and port of its pages."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def url(self, path: str = "") -> str:
        """Where a page is."""
        return f"{self.origin}/{path}"

    def say(self, *lines: str, to: str = "echo") -> None:
        """Let the program that echoes say these lines."""
        self.rpc.supervisor.sendProcessStdin(to, "".join(f"{line}\n" for line in lines))

    def statename(self, name: str) -> str:
        """The state of one process."""
        return str(self.info(name)["statename"])

    def pid_of(self, name: str) -> int:
        """The pid of one process, 0 without one."""
        return int(self.info(name)["pid"])

    def wait_pid_change(self, name: str, before: int) -> int:
        """The pid of a process, as soon as it is another one."""

        def changed() -> int | None:
            pid = self.pid_of(name)
            return pid if pid not in (0, before) else None

        return wait_until(changed, f"{name} has another pid than {before}")

    def wait_states(self, states: dict[str, str]) -> None:
        """Wait until each of the named processes is in its state."""
        for name, state in states.items():
            self.wait_state(name, state)

    def audit(self) -> Sequence[str]:
        """Lines of the main log that say who did what."""
        return [line for line in self.log_text().splitlines() if "supervisor." in line]


EVERY_STATE_REACHED = {
    "web:nginx": "RUNNING",
    "migrate": "EXITED",
    "search": "FATAL",
    "invoice": "BACKOFF",
    "report": "EXITED",
    "warming": "STARTING",
    "tunnel": "STOPPED",
}

Opener = Callable[..., Shop]


@contextmanager
def opener(directory: Path) -> Iterator[Opener]:
    """A function that starts daemons below a directory; all of them end with the block."""
    shops: list[Shop] = []

    def start(config: str = BASIC, server: str = "") -> Shop:
        shop = Shop(directory / f"shop{len(shops)}", config, server)
        shops.append(shop)
        shop.start()
        return shop

    try:
        yield start
    finally:
        for shop in shops:
            shop.cleanup()
