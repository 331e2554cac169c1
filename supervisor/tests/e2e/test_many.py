"""Many programs in one daemon: it raises its own limit, and everything works as with few."""

import json
import os
import re
import resource
import subprocess
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from supervisor.client.transport import server_proxy
from supervisor.tests.counts.calls import CALM
from supervisor.tests.counts.wakes import wait_asleep, waits_without_limit, watch
from supervisor.tests.support.budget import tries
from supervisor.tests.support.daemon import OUR_CTL, clean_environment, free_port, wait_until
from supervisor.tests.support.scenario_live import configure, live, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon

MANY = tries(5000)
CHANGED = 150
FEW = 100
LOW = ("bash", "-c", 'ulimit -Sn 256; exec "$@"', "bash")
"""The daemon is started with a soft limit that is enough for some sixty programs."""

IDLE_S = 1.0
PATIENCE_S = 300.0
"""Only a hang takes so long: other tests may have both processors meanwhile."""
GROWTH_MAX = 1.5
"""Memory after all that, in terms of memory after the start: some is fragmented, none is lost."""
FOLDED_BYTES_MAX = 20_000
"""The page of thousands that all run: rows come when they are asked for. 10,700 at present."""
ROW_BYTES_MAX = 1_700
"""1,520 at present."""


def config(count: int, changed: int = 0, *, autostart: bool = True) -> str:
    return "[supervisord]\nminfds=256\n" + "".join(
        f"[program:p{number:04}]\ncommand=sleep {2000 if number < changed else 1000}\nstartsecs=0\n"
        f"stdout_logfile=NONE\nstderr_logfile=NONE\nautostart={str(autostart).lower()}\n"
        for number in range(count)
    )


def why_not_so_many() -> str | None:
    """What this machine lacks for that many programs."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    pid_max = Path("/proc/sys/kernel/pid_max")
    pids = int(pid_max.read_text()) if pid_max.exists() else 4 * MANY
    if files != resource.RLIM_INFINITY and files < 4 * MANY:
        return f"the hard limit on open files is {files}, {MANY} programs need {4 * MANY}"
    if processes != resource.RLIM_INFINITY and processes < 2 * MANY:
        return f"the hard limit on processes is {processes}, too few for {MANY} programs"
    return None if pids >= 4 * MANY else f"pid_max is {pids}, too few for {MANY} programs"


def infos(daemon: StageDaemon) -> list[dict[str, Any]]:
    """What is known of all processes, read by our client: it is made for so many."""
    with server_proxy(f"unix://{daemon.socket}") as proxy:
        found: Any = proxy.supervisor.getAllProcessInfo()
    return list(found)


def states(daemon: StageDaemon) -> Counter[str]:
    """How many processes are in which state."""
    return Counter(info["statename"] for info in infos(daemon))


def pids(daemon: StageDaemon) -> dict[str, int]:
    return {info["name"]: info["pid"] for info in infos(daemon)}


def wait_all(daemon: StageDaemon, state: str, count: int) -> None:
    # The last one is the last to get there: to ask for all of them again and again takes longer.
    daemon.wait_state(f"p{count - 1:04}", state, within_s=PATIENCE_S)
    wait_until(lambda: states(daemon) == {state: count}, f"{count} processes {state}", PATIENCE_S)


def ctl(daemon: StageDaemon, *words: str) -> str:
    """What a supervisorctl says that succeeds, however long it takes."""
    outcome = subprocess.run(
        [*OUR_CTL, "-c", str(daemon.config), *words],
        env=clean_environment(OUR_CTL, daemon.environment),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=True,
    )
    return outcome.stdout


def starts(daemon: StageDaemon) -> int:
    """How often the daemon has begun."""
    return daemon.log_text().count("supervisord started with pid")


def limits_of(pid: int) -> tuple[int, int]:
    soft, hard = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)
    return soft, hard


def resident_mib(daemon: StageDaemon) -> float:
    size: int = psutil.Process(daemon.pid).memory_info().rss
    return size / (1 << 20)


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("many")
@pytest.mark.skipif(why_not_so_many() is not None, reason=f"{why_not_so_many()}")
def test_thousands_of_programs_are_started_listed_updated_stopped_and_reloaded() -> None:
    """5,000 programs: boot, status, update, stop and reload all work.

    The daemon raises its limit on open files by itself, programs keep the one there was; and what
    it has needed for all this, it does not keep.
    """
    with live(config(MANY), wrapper=LOW) as daemon:
        wait_all(daemon, "RUNNING", MANY)
        before_mib = resident_mib(daemon)
        assert limits_of(daemon.pid)[0] >= 3 * MANY
        last = f"p{MANY - 1:04}"
        assert limits_of(daemon.info(last)["pid"])[0] == 256

        lines = ctl(daemon, "status").splitlines()
        assert len(lines) == MANY
        assert all(re.fullmatch(r"p\d+ +RUNNING   pid \d+, uptime [\d:]+", line) for line in lines)
        assert ctl(daemon, "status", last).splitlines()[0][:6] == f"{last} "

        known = pids(daemon)
        configure(daemon, config(MANY, CHANGED))
        assert ctl(daemon, "update").count("updated process group") == CHANGED
        wait_all(daemon, "RUNNING", MANY)
        now = pids(daemon)
        assert {name for name in known if known[name] != now[name]} == set(sorted(known)[:CHANGED])
        assert ctl(daemon, "update") == ""

        assert ctl(daemon, "stop", "all").count(": stopped") == MANY
        assert states(daemon) == {"STOPPED": MANY}
        assert resident_mib(daemon) < GROWTH_MAX * before_mib

        configure(daemon, config(MANY, CHANGED, autostart=False))
        assert ctl(daemon, "reload") == "Restarted supervisord\n"
        wait_until(lambda: starts(daemon) == 2, "the daemon has begun again", PATIENCE_S)
        assert states(daemon) == {"STOPPED": MANY}
        assert resident_mib(daemon) < GROWTH_MAX * before_mib


@pytest.mark.timeout(600)
@pytest.mark.xdist_group("many")
@pytest.mark.skipif(why_not_so_many() is not None, reason=f"{why_not_so_many()}")
def test_thousands_let_the_daemon_sleep_and_are_shown_by_pages_and_api() -> None:
    """5,000 programs: 0 wake-ups; page and API stay usable. redirect_stderr saves a pipe each."""
    url = f"http://127.0.0.1:{free_port()}"
    server = f"[inet_http_server]\nport={url.removeprefix('http://')}\n"
    joined = config(MANY).replace("stderr_logfile=NONE", "redirect_stderr=true")
    with live(server + joined, wrapper=LOW, environment=CALM) as daemon:
        wait_all(daemon, "RUNNING", MANY)
        assert 2 * MANY < len(os.listdir(f"/proc/{daemon.pid}/fd")) < 3 * MANY

        before = wait_asleep(daemon)
        assert watch([daemon], IDLE_S) == [before]
        assert waits_without_limit(daemon)

        page = get(f"{url}/")
        assert f"All {MANY:,} processes are running." in page
        assert len(page) <= FOLDED_BYTES_MAX
        folded = re.search(r'data-rows="([^"]+)"', page)
        assert folded is not None
        rows = get(f"{url}/{folded[1]}")
        assert rows.count("<tr") == MANY
        assert len(rows) <= ROW_BYTES_MAX * MANY
        assert f"p{MANY - 1:04}" in get(f"{url}/process.html?name=p{MANY - 1:04}")

        listed = json.loads(get(f"{url}/api/v1/processes"))["processes"]
        assert {each["statename"] for each in listed} == {"RUNNING"}
        assert len({each["name"] for each in listed}) == MANY
        ups = re.findall(r"^supervisor_process_up\{[^}]*\} 1$", get(f"{url}/metrics"), re.M)
        assert len(ups) == MANY


def get(url: str) -> str:
    """The text of what is at an address."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return str(answer.read(), "utf-8")


def test_limit_is_raised_for_programs_that_come_later() -> None:
    """What an update adds counts as well."""
    with live(config(1), wrapper=LOW) as daemon:
        daemon.wait_state("p0000", "RUNNING")
        before = limits_of(daemon.pid)[0]
        configure(daemon, config(FEW))
        assert daemon.ctl("update").returncode == 0
        wait_all(daemon, "RUNNING", FEW)
        assert limits_of(daemon.pid)[0] >= 3 * FEW > before - 256
        assert len(os.listdir(f"/proc/{daemon.pid}/fd")) >= 3 * FEW


@pytest.mark.skipif(
    os.geteuid() == 0
    and "CapEff:\t000001ffffffffff" in Path("/proc/self/status").read_text("ascii"),
    reason="whoever may raise the hard limit is not short of descriptors",
)
def test_too_few_descriptors_are_told_as_a_sum_and_as_many_run_as_can() -> None:
    """The daemon starts, answers, and says what is missing; some programs run, others do not."""
    low = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
    with live(config(FEW), wrapper=low) as daemon:
        text = wait_text(daemon.log, "file descriptors")
        assert (
            "100 processes need 556 file descriptors (300 for pipes, 0 for log files, 256 for "
            "clients and the daemon itself), but the limit is 256: not all of them can run at a "
            "time; raise the hard limit (LimitNOFILE= of systemd, ulimit -Hn) and start the daemon "
            "again, or set redirect_stderr=true for programs, which saves up to 100"
        ) in text
        wait_text(daemon.log, "too many open files to spawn 'p0099'")
        running = states(daemon)["RUNNING"]
        assert 50 <= running < FEW
        assert daemon.ctl("stop", "p0000").stdout == "p0000: stopped\n"
