"""Plug-ins that subscribe to events: what events show, and what subscribers cannot harm."""

import psutil
import pytest

from supervisor.tests.plugins.site import PluginDaemon, is_reference
from supervisor.tests.support.daemon import wait_until

COLLECT = """
    def see(event):
        process = event.process
        seen.append((events.getEventNameByType(type(event)), process.config.name,
                     process.group.config.name, process.state, process.exitstatus,
                     process is groups['web'].processes['web']))
    events.subscribe(events.ProcessStateEvent, see)
    kept['see'] = see
"""


def seen(daemon: PluginDaemon) -> list[tuple[str, str, str, int, int | None, bool]]:
    """What has been collected."""
    found = daemon.run("answer = seen")
    assert isinstance(found, list)
    return found


def test_event_shows_the_process_as_it_was_then(own_daemon: PluginDaemon) -> None:
    """At EXITED the process is EXITED with its code, although it is about to be restarted."""
    own_daemon.run("config.command = 'sh -c \"exit 3\"'\nconfig.startretries = 0")
    own_daemon.run("config.autorestart = False")
    own_daemon.run(COLLECT)
    own_daemon.rpc.supervisor.startProcess("web:web", False)
    wait_until(lambda: len(seen(own_daemon)) >= 3, "three events")

    assert seen(own_daemon)[:3] == [
        ("PROCESS_STATE_STARTING", "web", "web", 10, None, True),
        ("PROCESS_STATE_RUNNING", "web", "web", 20, None, True),
        ("PROCESS_STATE_EXITED", "web", "web", 100, 3, True),
    ]


def test_event_of_an_exit_that_is_followed_by_a_start_shows_the_exit(
    own_daemon: PluginDaemon,
) -> None:
    """The restart comes after everybody has been told."""
    own_daemon.rpc.supervisor.startProcess("web:web")
    own_daemon.run(COLLECT)
    psutil.Process(own_daemon.info("web:web")["pid"]).kill()
    wait_until(lambda: len(seen(own_daemon)) >= 3, "three events")

    assert [each[3:5] for each in seen(own_daemon)[:3]] == [(100, -1), (10, None), (20, None)]


def test_subscriber_may_change_what_it_is_told_about(own_daemon: PluginDaemon) -> None:
    """A process that is stopped by who is told of its start stops."""
    code = """
        def stop(event):
            if event.process.config.name == 'web':
                kept['result'] = (event.process.stop(), event.process.state)
        events.subscribe(events.ProcessStateRunningEvent, stop)
    """
    own_daemon.run(code)
    own_daemon.rpc.supervisor.startProcess("web:web", False)

    own_daemon.wait_state("web:web", "STOPPED")


def test_subscription_ends(own_daemon: PluginDaemon) -> None:
    """`unsubscribe` is the end of it."""
    own_daemon.run(COLLECT)
    own_daemon.run("events.unsubscribe(events.ProcessStateEvent, kept['see'])")
    own_daemon.rpc.supervisor.startProcess("web:web")

    assert seen(own_daemon) == []


@pytest.mark.skipif(is_reference(), reason="there it ends the daemon")
def test_subscriber_that_raises_harms_nobody(own_daemon: PluginDaemon) -> None:
    """It is named in the main log; other subscribers are told, and supervision goes on."""
    own_daemon.run("events.subscribe(events.ProcessStateEvent, lambda event: 1 / 0)")
    own_daemon.run(COLLECT)
    own_daemon.rpc.supervisor.startProcess("web:web")

    assert [each[0] for each in seen(own_daemon)] == [
        "PROCESS_STATE_STARTING",
        "PROCESS_STATE_RUNNING",
    ]
    text = own_daemon.wait_log("failed on ProcessStateStartingEvent; everything else goes on")
    assert "ZeroDivisionError" in text


@pytest.mark.skipif(is_reference(), reason="there it ends the daemon")
@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt"])
def test_subscriber_that_wants_to_end_the_daemon_does_not(
    own_daemon: PluginDaemon, error: str
) -> None:
    """It is told in the main log with its name, and everything else goes on."""
    code = f"""
        def leave(event):
            raise {error}
        events.subscribe(events.ProcessStateEvent, leave)
    """
    own_daemon.run(code)
    own_daemon.run(COLLECT)
    own_daemon.rpc.supervisor.startProcess("web:web")

    assert len(seen(own_daemon)) == 2
    text = own_daemon.wait_log("failed on ProcessStateRunningEvent; everything else goes on")
    assert error.partition("(")[0] in text


def test_subscriber_that_takes_long_is_named(own_daemon: PluginDaemon) -> None:
    """More than a second in a subscriber is told with its name."""
    if is_reference():
        pytest.skip("there nobody tells")
    code = """
        import time
        def nap(event):
            time.sleep(1.1)
        events.subscribe(events.RemoteCommunicationEvent, nap)
    """
    own_daemon.run(code)
    own_daemon.rpc.supervisor.sendRemoteCommEvent("a", "b")

    own_daemon.wait_log("took 1.1 s; nothing else was supervised meanwhile")


def test_events_of_all_families_reach_plugins(own_daemon: PluginDaemon) -> None:
    """Groups, clients, logs and ticks: whatever a plug-in subscribes to."""
    code = """
        for kind in (events.ProcessGroupEvent, events.RemoteCommunicationEvent,
                     events.ProcessLogEvent, events.TickEvent):
            events.subscribe(kind, lambda event: seen.append(
                (type(event).__name__, event.payload().split('\\n')[0])))
        events.subscribe(events.TickEvent, lambda event: kept.setdefault('tick', event))
        config.command = 'echo hello'
        config.stdout_events_enabled = True
    """
    own_daemon.run(code)
    own_daemon.rpc.supervisor.sendRemoteCommEvent("kind", "data")
    own_daemon.rpc.supervisor.startProcess("web:web", False)
    own_daemon.rpc.supervisor.removeProcessGroup("ears")

    def kinds() -> set[str]:
        return {str(each[0]) for each in seen(own_daemon)}

    wanted = {
        "RemoteCommunicationEvent",
        "ProcessGroupRemovedEvent",
        "ProcessLogStdoutEvent",
        "Tick5Event",
    }
    wait_until(lambda: wanted <= kinds(), "all have come")
    assert own_daemon.run("answer = kept['tick'].supervisord is supervisord") is True


def test_event_made_by_a_plugin_is_told_to_subscribers(own_daemon: PluginDaemon) -> None:
    """`notify` tells subscribers of the class, and of those above it."""
    code = """
        class Mine(events.Event):
            pass
        events.subscribe(events.Event, lambda event: seen.append(type(event).__name__))
        events.notify(Mine())
        answer = seen
    """
    assert own_daemon.run(code) == ["Mine"]
