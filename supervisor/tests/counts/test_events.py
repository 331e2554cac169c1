"""What an event costs the system: it is handed over by one write, and its answer read once."""

from supervisor.tests.counts.calls import CALM, REQUEST, Kept, calls_during, needs_strace, together
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.ear import SCRIPT, heard
from supervisor.tests.support.scenario_live import live, script

pytestmark = needs_strace

EVENTS_COUNT = 20

CONFIG = """
[eventlistener:ear]
command = {dir}/ear ear
events = REMOTE_COMMUNICATION
startsecs = 0
"""

DELIVERY = {
    # To the listener; what it answers, which says as well that it is ready for the next one, and
    # goes to its log.
    "write": 2, "poll": 1, "read": 1,
}  # fmt: skip


def test_event_costs_a_write_to_the_listener_and_a_read_of_its_answer() -> None:
    """Beside the request that it comes from."""
    with live(CONFIG, environment=CALM, start=False) as daemon:
        script(daemon, "ear", SCRIPT)
        daemon.start()

        def tell(count: int) -> None:
            for _ in range(count):
                known_count = len(heard(daemon.directory))
                client.call("supervisor.sendRemoteCommEvent", "kind", "text")
                wait_until(
                    lambda known=known_count: len(heard(daemon.directory)) > known,
                    "the listener has heard of it",
                )

        with Kept(daemon) as client:
            tell(2)
            calls = calls_during(daemon, lambda: tell(EVENTS_COUNT))
    # The answer to the event before the first one is counted, too.
    assert calls.beyond(together(REQUEST, DELIVERY), EVENTS_COUNT + 1) == {}
