"""Listeners of others that tell somebody, log somewhere or run something."""

import json

import pytest

from supervisor.tests.compat.programs import crasher, listener, sleeper, talker
from supervisor.tests.compat.sinks import DatagramSink, HttpSink, wait_text
from supervisor.tests.compat.site import Site


def test_supervisor_alert_runs_a_command_for_each_state(site: Site) -> None:
    """Its listener uses wait(), ok() and get_headers without naming any stream."""
    site.use("supervisor-alert")
    script, told = site.directory / "tell", site.directory / "told"
    script.write_text(f'#!/bin/sh\necho "$1" >>{told}\n', "utf-8")
    script.chmod(0o755)
    alert = site.entry("supervisor_alert:main", "-c", script)
    site.launch(crasher() + listener("alert", alert, "PROCESS_STATE_RUNNING,PROCESS_STATE_EXITED"))
    site.pid_of("alert")

    site.rpc.supervisor.startProcess("crasher")

    text = wait_text(told, "crasher has entered state exited")
    assert "crasher has entered state running\n" in text


RELAYS = {
    "supervisor-stdlog": ("supervisor_stdlog:main", "supervisor_stdlog:log_handler"),
    "supervisor-console": (
        "supervisor_console.__main__:main",
        "supervisor_console.events:event_handler",
    ),
}


@pytest.mark.parametrize("package", RELAYS)
def test_output_of_programs_reaches_the_daemons_stdout(site: Site, package: str) -> None:
    """A result_handler in the daemon gets what the listener returned, in bytes, and prints it."""
    site.use(package)
    entry, handler = RELAYS[package]
    relay = listener("relay", site.entry(entry), "PROCESS_LOG", f"result_handler = {handler}")
    site.launch(talker() + relay)
    site.pid_of("relay")

    site.rpc.supervisor.startProcess("talker")
    site.wait_said("relay", "hello from talker")
    site.stop()

    lines = [line for line in site.output().splitlines() if "hello from talker" in line]
    assert any(line.lstrip("\033[0123456789m").startswith("talker |") for line in lines), lines


def test_supervisor_logging_sends_output_to_syslog(site: Site) -> None:
    """PROCESS_LOG events arrive with header line and text; the package has its own protocol."""
    site.use("supervisor-logging")
    with DatagramSink() as syslog:
        site.environment["SYSLOG_SERVER"] = "127.0.0.1"
        site.environment["SYSLOG_PORT"] = str(syslog.port)
        site.environment["SYSLOG_PROTO"] = "udp"
        relay = site.entry("supervisor_logging:main")
        site.launch(talker() + listener("relay", relay, "PROCESS_LOG"))
        site.pid_of("relay")

        site.rpc.supervisor.startProcess("talker")

        line = syslog.wait_text("hello from talker")
    assert f" talker[{site.info('talker')['pid']}]: hello from talker" in line


def test_logstash_notifier_sends_states_and_output_as_json(site: Site) -> None:
    """All keys of the payload become fields, for state changes and for output."""
    site.use("supervisor-logstash-notifier", "needs")
    with DatagramSink() as logstash:
        site.environment["LOGSTASH_SERVER"] = "127.0.0.1"
        site.environment["LOGSTASH_PORT"] = str(logstash.port)
        site.environment["LOGSTASH_PROTO"] = "udp"
        notify = site.entry("logstash_notifier:main", "--capture-output")
        site.launch(talker() + listener("notify", notify, "PROCESS_STATE,PROCESS_LOG"))
        site.pid_of("notify")

        site.rpc.supervisor.startProcess("talker")

        said = json.loads(logstash.wait_text("hello from talker"))
        state = json.loads(logstash.wait_text("PROCESS_STATE_RUNNING talker"))
    assert said["eventname"] == "PROCESS_LOG_STDOUT"
    assert (state["from_state"], state["groupname"]) == ("STARTING", "talker")


def test_eventexec_restarts_what_its_command_dislikes(site: Site) -> None:
    """It runs a command for any event and restarts programs when that fails."""
    site.use("supervisor-event-listeners", "needs")
    words = ("-e", f"touch {site.directory}/ran; false", "-p", "patient")
    command = site.entry("supervisor_event_listeners.eventexec:main", *words)
    site.launch(sleeper("patient") + listener("exec", command, "REMOTE_COMMUNICATION"))
    old_pid = site.pid_of("patient")
    site.pid_of("exec")

    site.rpc.supervisor.sendRemoteCommEvent("check", "now")

    site.wait_restarted("patient", old_pid)
    assert (site.directory / "ran").exists()


def test_eventflapping_posts_unexpected_exits(site: Site) -> None:
    """The payload of PROCESS_STATE_EXITED is posted as JSON."""
    site.use("supervisor-eventflapping-2", "needs")
    with HttpSink() as collector:
        site.environment["NEWRELIC_URL"] = f"http://127.0.0.1:{collector.port}/events"
        site.environment["NEWRELIC_KEY"] = "key"
        site.environment["NEWRELIC_EVENT_TYPE"] = "Exit"
        command = site.module("supervisor_eventflapping.exitedsendtonewrelic")
        site.launch(crasher() + listener("flapping", command, "PROCESS_STATE_EXITED"))
        site.pid_of("flapping")

        site.rpc.supervisor.startProcess("crasher")

        posted = json.loads(collector.wait_text('"crasher"'))
    assert posted["expected"] == "0"
    assert posted["from_state"] == "RUNNING"


def test_whatssup_restarts_what_runs_for_too_long(site: Site) -> None:
    """It reads start and now of the process infos at each tick."""
    site.use("whatssup")
    command = site.module("whatssup.timemon", "-p", "long=0")
    site.launch(sleeper("long") + listener("timemon", command, "TICK_5"))

    site.wait_restarted("long", site.pid_of("long"))


def test_svdog_logs_events_by_the_logging_module(site: Site) -> None:
    """Headers and payload of each event are in the file of its own configuration."""
    site.use("svdog")
    config, barks = site.directory / "svdog_config.py", site.directory / "barks"
    handler = {"class": "logging.FileHandler", "filename": str(barks)}
    logging = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"file": handler},
        "root": {"handlers": ["file"]},
    }
    config.write_text(f"LOGGING = {logging!r}\n", "utf-8")
    dog = site.script("svdog", "run_svdog.py", "-c", config)
    site.launch(crasher() + listener("svdog", dog, "PROCESS_STATE_EXITED"))
    site.pid_of("svdog")

    site.rpc.supervisor.startProcess("crasher")

    text = wait_text(barks, "processname:crasher groupname:crasher from_state:RUNNING expected:0")
    assert "'eventname': 'PROCESS_STATE_EXITED'" in text
