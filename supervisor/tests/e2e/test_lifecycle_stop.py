"""Stopping: signals, groups, escalation, waiting, with real processes."""

import signal

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.scenario_live import live, script, wait_log_count, wait_text
from supervisor.tests.support.scenario_stage import StageDaemon, is_gone

FAMILY = """#!/bin/sh
sleep 1000 &
echo $! > {dir}/grandchild
wait
"""

DEAF_FAMILY = """#!/bin/sh
trap '' TERM
sh -c "trap '' TERM; while :; do sleep 0.1; done" &
echo $! > {dir}/grandchild
while :; do sleep 0.1; done
"""


def test_stop_right_after_start_never_needs_sigkill() -> None:
    """A signal sent right after the spawn is never lost: TERM ends every one of the processes."""
    config = """
[program:cat]
command=cat
startsecs=0
stopwaitsecs=15
autostart=false
"""
    with live(config) as daemon:
        for _ in range(30):
            assert daemon.rpc.supervisor.startProcess("cat", False) is True
            assert daemon.rpc.supervisor.stopProcess("cat") is True
        assert "SIGKILL" not in daemon.log_text()
        assert daemon.log_text().count("stopped: cat (terminated by SIGTERM)") == 30


def grandchild_of(daemon: StageDaemon) -> int:
    """Pid of the process that the program's script has started."""
    return int(wait_text(daemon.directory / "grandchild", "\n"))


def test_stopasgroup_signals_the_whole_process_group() -> None:
    """With stopasgroup the children of the child get the stop signal, too."""
    config = "[program:family]\ncommand={dir}/family.sh\nstartsecs=0\nstopasgroup=true\n"
    with live(config, start=False) as daemon:
        script(daemon, "family.sh", FAMILY)
        daemon.start()
        grandchild = grandchild_of(daemon)
        daemon.wait_state("family", "RUNNING")
        assert daemon.rpc.supervisor.stopProcess("family") is True
        wait_until(lambda: is_gone(grandchild), "the grandchild is gone")


def test_killasgroup_kills_the_whole_process_group() -> None:
    """With killasgroup the escalation reaches the children of the child."""
    config = (
        "[program:family]\ncommand={dir}/family.sh\nstartsecs=0\nstopwaitsecs=1\nkillasgroup=true\n"
    )
    with live(config, start=False) as daemon:
        script(daemon, "family.sh", DEAF_FAMILY)
        daemon.start()
        grandchild = grandchild_of(daemon)
        daemon.wait_state("family", "RUNNING")
        assert daemon.rpc.supervisor.stopProcess("family") is True
        wait_until(lambda: is_gone(grandchild), "the grandchild is gone")
        assert "with SIGKILL" in daemon.log_text()


def test_children_of_the_child_are_untouched_without_the_flags() -> None:
    """Without stopasgroup and killasgroup only the pid of the program is signalled."""
    config = "[program:family]\ncommand={dir}/family.sh\nstartsecs=0\n"
    with live(config, start=False) as daemon:
        script(daemon, "family.sh", FAMILY)
        daemon.start()
        grandchild = grandchild_of(daemon)
        daemon.wait_state("family", "RUNNING")
        assert daemon.rpc.supervisor.stopProcess("family") is True
        assert not is_gone(grandchild)


def test_l36_stop_of_a_group_waits_for_members_that_are_already_stopping() -> None:
    """A member in STOPPING is waited for and reported with status 80."""
    config = """
[program:slow]
command={dir}/slow.sh
startsecs=0
stopwaitsecs=30
[program:cat]
command=cat
startsecs=0
[group:g]
programs=slow,cat
"""
    with live(config, start=False) as daemon:
        script(
            daemon,
            "slow.sh",
            "#!/bin/sh\ntrap 'touch {dir}/asked; sleep 0.5; exit 0' TERM\ntouch {dir}/ready\n"
            "while :; do sleep 0.05; done\n",
        )
        daemon.start()
        wait_until((daemon.directory / "ready").exists, "the slow one listens")
        daemon.wait_state("g:slow", "RUNNING")
        assert daemon.rpc.supervisor.stopProcess("g:slow", False) is True
        results = daemon.rpc.supervisor.stopProcessGroup("g")
        assert isinstance(results, list)
        assert {(r["name"], r["status"]) for r in results} == {("slow", 80), ("cat", 80)}
        assert daemon.info("g:slow")["statename"] == "STOPPED"
        assert daemon.rpc.supervisor.removeProcessGroup("g") is True


def test_l3_shutdown_needs_no_tick_per_group() -> None:
    """Groups that are already stopped cost nothing: fifty of them end well before fifty ticks."""
    config = "".join(
        f"[program:p{number}]\ncommand=cat\nautostart=false\npriority={number}\n"
        for number in range(50)
    )
    with live(config) as daemon:
        assert daemon.stop(within_s=20.0) == 0


def test_l3_shutdown_stops_groups_one_after_another() -> None:
    """The group with the highest priority number is stopped completely before the next one."""
    config = "".join(
        f"[program:p{number}]\ncommand=cat\nstartsecs=0\npriority={number}\n" for number in range(5)
    )
    with live(config) as daemon:
        wait_log_count(daemon, "entered RUNNING", 5)
        assert daemon.stop() == 0
        log = daemon.log_text()
        stops = [log.index(f"stopped: p{number}") for number in (4, 3, 2, 1, 0)]
        assert stops == sorted(stops)


def test_l13_a_child_that_is_gone_before_its_signal_ends_as_stopped() -> None:
    """ESRCH is ignored; the reap finishes the job, whoever came first."""
    config = '[program:brief]\ncommand=sh -c "sleep 0.1"\nstartsecs=0\nautorestart=true\n'
    with live(config) as daemon:
        for _ in range(5):
            daemon.wait_state("brief", "RUNNING")
            daemon.rpc.supervisor.stopProcess("brief")
            assert daemon.info("brief")["statename"] == "STOPPED"
            daemon.rpc.supervisor.startProcess("brief", False)
        assert daemon.process is not None
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
