"""What only watchers need is made for the first of them."""

from supervisor.core.supervision import Supervision
from supervisor.daemon.timers import TimerHeap
from supervisor.daemon.watching import Watching, WatchPorts
from supervisor.subscriptions import Subscriptions
from supervisor.tests.fakes.clock import FakeClock


def test_feed_and_figures_are_made_once_and_cost_nothing_yet() -> None:
    """All who watch share them; that they are there causes neither timers nor subscriptions."""
    subscriptions, timers = Subscriptions(), TimerHeap()
    ports = WatchPorts(
        subscriptions,
        FakeClock(),
        timers,
        lambda level, text: None,
        dict,
        Supervision().process,
        lambda what: None,
    )
    watching = Watching(ports)
    assert watching.feed is watching.feed
    assert watching.figures is watching.figures
    assert subscriptions.callbacks == []
    assert timers.next_deadline_s() is None


def test_figures_see_real_processes() -> None:
    """The system is asked about the children there are; none is no reason to fail."""
    ports = WatchPorts(
        Subscriptions(),
        FakeClock(),
        TimerHeap(),
        lambda level, text: None,
        dict,
        Supervision().process,
        lambda what: None,
    )
    figures = Watching(ports).figures
    figures.sample()
    assert figures.usage(1) is None
