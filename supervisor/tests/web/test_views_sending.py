"""What open pages are sent: data in JSON, only what is new, and not too often."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.daemon.timers import TimerHeap
from supervisor.tests.fakes.clock import FakeClock
from supervisor.web.sse import EventSource
from supervisor.web.views.kit import Html
from supervisor.web.views.sending import PERIOD_S, Pacer, Sender, as_json

DATA = st.recursive(
    st.text(st.characters()) | st.integers(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=10,
)


@given(DATA)
def test_law_data_come_back_from_json(data: object) -> None:
    assert json.loads(as_json(data)) == data
    assert as_json(data).isascii()
    assert "\n" not in as_json(data)


def test_only_data_are_sent() -> None:
    with pytest.raises(TypeError):
        as_json(1.5)


def sent(source: EventSource) -> list[str]:
    """Data of the events that are sent by now."""
    text = source.read(1 << 20).decode()
    return [line[6:] for line in text.split("\n") if line.startswith("data: ")]


def test_a_fragment_is_sent_when_it_has_changed() -> None:
    source = EventSource(TimerHeap(), FakeClock())
    sender = Sender(source)
    for html in ("<p>1</p>", "<p>1</p>", "<p>2</p>"):
        sender.put("p", Html(html))
    assert [json.loads(each)["html"] for each in sent(source)] == ["<p>1</p>", "<p>2</p>"]


def test_what_changes_all_the_time_is_sent_at_a_pace() -> None:
    clock, timers, woken = FakeClock(), TimerHeap(), list[int]()
    pacer = Pacer(timers, clock, lambda: woken.append(1))
    assert pacer.ready()
    assert not pacer.ready()
    assert not pacer.ready()
    clock.advance(PERIOD_S)
    while (callback := timers.pop_due(clock.mono_s)) is not None:
        callback()
    assert woken == [1]
    assert pacer.ready()


def test_nothing_is_left_of_a_page_that_has_gone() -> None:
    clock, timers = FakeClock(), TimerHeap()
    pacer = Pacer(timers, clock, lambda: None)
    pacer.ready()
    pacer.ready()
    pacer.close()
    assert timers.next_deadline_s() is None
