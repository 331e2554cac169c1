"""The bus: everybody hears everything, in order, whatever one of them does."""

from supervisor.daemon.bus import Bus, RemoteCommunication


def test_subscribers_hear_in_the_order_of_subscription() -> None:
    heard: list[tuple[str, object]] = []
    bus = Bus(lambda _: None)
    bus.subscribe(lambda what: heard.append(("first", what)))
    bus.subscribe(lambda what: heard.append(("second", what)))
    bus.publish(1)
    assert heard == [("first", 1), ("second", 1)]


def test_subscriber_that_fails_is_reported_and_the_others_hear() -> None:
    heard, failures = list[object](), list[str]()
    bus = Bus(failures.append)
    bus.subscribe(lambda _: 1 // 0)
    bus.subscribe(heard.append)
    bus.publish("news")
    assert heard == ["news"]
    assert failures == ["a subscriber failed on 'news'"]


def test_who_has_unsubscribed_hears_no_more() -> None:
    heard = list[object]()
    bus = Bus(lambda _: None)
    unsubscribe = bus.subscribe(heard.append)
    unsubscribe()
    bus.publish(1)
    assert heard == []


def test_subscriber_may_unsubscribe_while_it_is_told() -> None:
    heard = list[object]()
    bus = Bus(lambda _: None)

    def once(what: object) -> None:
        heard.append(what)
        unsubscribe()

    unsubscribe = bus.subscribe(once)
    bus.subscribe(heard.append)
    bus.publish(1)
    bus.publish(2)
    assert heard == [1, 1, 2]


def test_message_of_a_client_is_published() -> None:
    heard = list[object]()
    bus = Bus(lambda _: None)
    bus.subscribe(heard.append)
    bus.remote_communication("kind", "data")
    assert heard == [RemoteCommunication("kind", "data")]
