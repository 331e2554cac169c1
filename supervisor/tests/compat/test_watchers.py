"""Packages that start and restart programs: health checks, file watchers, start in order."""

import json
from pathlib import Path

import pytest

from supervisor.tests.compat.programs import hog, listener, sick_web_server, sleeper
from supervisor.tests.compat.site import Site
from supervisor.tests.support.daemon import free_port


def watched(site: Site, check: str, *words: object) -> str:
    """Section of a listener that runs a check of supervisor-checks at each tick."""
    command = site.module(f"supervisor_checks.bin.{check}_check", "-n", check, *words)
    return listener(check, command, "TICK_5")


def test_http_check_restarts_a_sick_server(site: Site) -> None:
    """A status other than 200 restarts the process of the group."""
    site.use("supervisor-checks", "needs")
    port = free_port()
    words = ("-g", "web", "-u", "/", "-p", port, "-r", 0)
    site.launch(sick_web_server(site, port) + watched(site, "http", *words))

    site.wait_restarted("web", site.pid_of("web"))


def test_tcp_check_restarts_a_server_that_refuses(site: Site) -> None:
    """A refused connection restarts the named process."""
    site.use("supervisor-checks", "needs")
    check = watched(site, "tcp", "-N", "deaf", "-p", free_port(), "-r", 0)
    site.launch(sleeper("deaf") + check)

    site.wait_restarted("deaf", site.pid_of("deaf"))


def test_memory_check_restarts_a_hog(site: Site) -> None:
    """Too much memory restarts the process; the check reads its pid from the process info."""
    site.use("supervisor-checks", "needs")
    site.launch(hog(site) + watched(site, "memory", "-g", "hog", "-m", 30 * 1024))

    site.wait_restarted("hog", site.pid_of("hog"))


def xmlrpc_check(name: str, site: Site, socket: Path) -> str:
    """Section of a listener that asks for the state of a daemon and restarts `name`."""
    config = {"sock_path": str(socket), "method": "supervisor.getState", "num_retries": 0}
    words = ("-n", name, "-N", name, "-c", json.dumps({"xmlrpc": config}))
    command = site.module("supervisor_checks.bin.complex_check", *words)
    return listener(f"check-{name}", command, "TICK_5")


def test_xmlrpc_check_leaves_a_healthy_daemon_alone_and_restarts_a_mute_one(site: Site) -> None:
    """SupervisorTransport speaks over a unix socket; here to the daemon itself, and to nobody."""
    site.use("supervisor-checks", "needs")
    healthy = xmlrpc_check("good", site, site.socket)
    mute = xmlrpc_check("bad", site, site.directory / "nobody.sock")
    site.launch(sleeper("good") + sleeper("bad") + healthy + mute)
    good_pid = site.pid_of("good")

    site.wait_restarted("bad", site.pid_of("bad"))

    site.wait_said("check-good", "Successfully contacted XML RPC server", "stderr")
    assert site.pid_of("good") == good_pid


def test_complex_check_restarts_all_sick_processes_of_a_group(site: Site) -> None:
    """Several checks in one listener restart several processes from threads of it."""
    site.use("supervisor-checks", "needs")
    checks = {"memory": {"max_rss": 10**9}, "tcp": {"port": free_port(), "num_retries": 0}}
    group = "[group:pair]\nprograms = one,two\n"
    check = watched(site, "complex", "-g", "pair", "-c", json.dumps(checks))
    site.launch(sleeper("one") + sleeper("two") + group + check)
    old_pids = {name: site.pid_of(name) for name in ("pair:one", "pair:two")}

    for name, old_pid in old_pids.items():
        site.wait_restarted(name, old_pid)


def test_dependent_startup_starts_programs_in_order(site: Site) -> None:
    """Each program is started when the one that it waits for is RUNNING or has EXITED."""
    site.use("supervisord-dependent-startup", "needs")
    plan = {"setup": "", "database": "setup:exited", "web": "database:running"}
    commands = {"setup": "sh -c 'exit 0'", "database": "sleep 600", "web": "sleep 600"}
    programs = [
        f"""
[program:{name}]
command = {commands[name]}
autostart = false
autorestart = false
startsecs = 0
dependent_startup = true
{f"dependent_startup_wait_for = {waits_for}" if waits_for else ""}
"""
        for name, waits_for in plan.items()
    ]
    starter = site.module("supervisord_dependent_startup", "-c", site.config)
    site.launch("".join(reversed(programs)) + listener("starter", starter, "PROCESS_STATE"))

    site.pid_of("web")

    text = site.log_text()
    starts = [text.index(f"spawned: '{name}'") for name in plan]
    assert starts == sorted(starts)
    assert site.info("setup")["statename"] == "EXITED"


@pytest.mark.parametrize("package", ["superfsmon", "releasemon"])
def test_changed_files_restart_programs(site: Site, package: str) -> None:
    """A program restarts others by SUPERVISOR_SERVER_URL when watched files change."""
    site.use(package, "needs")
    watched_folder = site.directory / "watched"
    watched_folder.mkdir()
    release = watched_folder / "release.txt"
    release.write_text("1", "utf-8")
    command = {
        "superfsmon": site.entry("superfsmon:main", watched_folder, "worker"),
        "releasemon": site.script("releasemon", "releasemon", release, "worker"),
    }[package]
    monitor = f"[program:monitor]\ncommand = {command}\nstartsecs = 0\nredirect_stderr = true\n"
    site.launch(sleeper("worker") + monitor)
    old_pid = site.pid_of("worker")
    site.wait_said("monitor", "atching ")

    # The observer starts after that line: write until it has noticed.
    site.wait_restarted("worker", old_pid, lambda: release.write_text("2", "utf-8"))
