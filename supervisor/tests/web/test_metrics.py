"""Metrics as monitoring reads them; health and readiness."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from supervisor.core.pool_snapshot import JournalSnapshot, PoolSnapshot
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.rpc.figures import Usage
from supervisor.tests.rpc.world import EXIT_3, program
from supervisor.tests.web.api.desk import Desk
from supervisor.web.health import SLICE_COUNT
from supervisor.web.messages import Later, Response
from supervisor.web.metrics import make_metrics
from supervisor.web.openmetrics import Family, exposition, labelled, wants_openmetrics

HOSTILE = 'a"b\\c\nd{e}\u2028'
SCRAPER = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"


@pytest.fixture
def desk() -> Desk:
    return Desk(program("web"), program("1", "pool"), handler=make_metrics)


def get(
    desk: Desk, path: str = "/metrics", accept: str = "*/*", caller: Caller = ANYBODY
) -> Response:
    answer = desk.ask("GET", path, headers=(("accept", accept),), caller=caller)
    assert isinstance(answer, Response)
    return answer


def samples(families: Iterable[Any]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Value of each sample by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(desk: Desk, sample: str, /, **labels: str) -> float:
    """One sample, as a parser of OpenMetrics reads it."""
    text = get(desk).body.decode()
    return samples(openmetrics(text))[sample, frozenset(labels.items())]


def test_metrics_are_openmetrics(desk: Desk) -> None:
    """Proven against the parser of prometheus_client."""
    answer = get(desk)
    assert answer.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    names = [family.name for family in openmetrics(answer.body.decode())]
    assert len(names) == len(set(names))
    assert answer.body.endswith(b"# EOF\n")


def test_process_is_told_by_the_names_of_other_exporters(desk: Desk) -> None:
    """supervisor_process_info{name,group,state,exit_status}, supervisor_process_uptime."""
    web = {"name": "web", "group": "web"}
    info = {"state": "STOPPED", "exit_status": "0"}
    assert value(desk, "supervisord_up") == 1
    assert value(desk, "supervisor_process_info", **web, **info) == 0
    desk.world.call("startProcess", "web", False)
    desk.world.pass_s(7.5)
    info["state"] = "RUNNING"
    assert value(desk, "supervisor_process_info", **web, **info) == 1
    assert value(desk, "supervisor_process_uptime", **web) == 7.5
    assert value(desk, "supervisor_process_up", **web) == 1
    assert value(desk, "supervisor_process_state", **web) == 20
    assert value(desk, "supervisor_process_start_time_seconds", **web) == 1_700_001_000.0


def test_starts_and_ends_are_counted(desk: Desk) -> None:
    web = {"name": "web", "group": "web"}
    desk.world.call("startProcess", "web", False)
    desk.world.pass_s(2.0)
    desk.world.exited("web:web", EXIT_3)
    assert value(desk, "supervisor_process_last_exit_code", **web) == 3
    desk.world.pass_s(2.0)
    assert value(desk, "supervisor_process_starts_total", **web) == 2
    assert value(desk, "supervisor_process_exits_total", **web, result="unexpected") == 1
    assert value(desk, "supervisor_process_exits_total", **web, result="expected") == 0


def test_usage_is_sampled_for_each_scrape(desk: Desk) -> None:
    web = {"name": "web", "group": "web"}
    desk.world.figures.by_process[desk.world.ids["web:web"]] = Usage(150.0, 4096, 7, 2.5, (), ())
    assert value(desk, "supervisor_process_cpu_ratio", **web) == 1.5
    assert value(desk, "supervisor_process_cpu_seconds_total", **web) == 2.5
    assert value(desk, "supervisor_process_memory_bytes", **web) == 4096
    assert value(desk, "supervisor_process_open_fds", **web) == 7
    assert desk.world.figures.sampled_count == 4


def test_pools_and_journal_are_told(desk: Desk) -> None:
    desk.world.pools = [PoolSnapshot("ears", 2, 10, 0, 4, 1, 3, False, ())]
    desk.world.event_journal = JournalSnapshot("/j", 5)
    assert value(desk, "supervisor_pool_buffer_events", pool="ears") == 2
    assert value(desk, "supervisor_pool_buffer_size", pool="ears") == 10
    assert value(desk, "supervisor_pool_delivered_events_total", pool="ears") == 4
    assert value(desk, "supervisor_pool_rejected_events_total", pool="ears") == 1
    assert value(desk, "supervisor_pool_dropped_events_total", pool="ears") == 3
    assert value(desk, "supervisor_journal_lost_events_total") == 5


def test_caller_gets_metrics_of_his_programs(desk: Desk) -> None:
    desk.world.pools = [PoolSnapshot("ears", 2, 10, 0, 4, 1, 3, False, ())]
    his = Caller("ann", Role.READ, ("pool",), "token")
    text = get(desk, caller=his).body.decode()
    assert 'group="pool"' in text
    assert "web" not in text
    assert "ears" not in text


@pytest.mark.parametrize(
    ("accept", "is_openmetrics"),
    [
        (None, True),
        ("*/*", True),
        (SCRAPER, True),
        ("application/openmetrics-text", True),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
    ],
)
def test_older_scrapers_and_browsers_get_plain_text(
    accept: str | None, is_openmetrics: bool
) -> None:
    assert wants_openmetrics(accept) == is_openmetrics


def test_both_formats_say_the_same(desk: Desk) -> None:
    desk.world.figures.by_process[desk.world.ids["web:web"]] = Usage(150.0, 4096, None, 2.5, (), ())
    answer = get(desk, accept="text/plain;version=0.0.4")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    older = samples(plain_text(answer.body.decode()))
    newer = samples(openmetrics(get(desk).body.decode()))
    cpu = ("process_cpu_seconds_total", frozenset[tuple[str, str]]())
    assert older.pop(cpu) <= newer.pop(cpu)
    assert older == newer


def test_hostile_names_are_labels_like_any_other() -> None:
    desk = Desk(program(HOSTILE), handler=make_metrics)
    assert value(desk, "supervisor_process_up", name=HOSTILE, group=HOSTILE) == 0


@settings(deadline=None)
@given(st.text(), st.text(), st.floats() | st.integers(-(2**70), 2**70), st.sampled_from([0, 1]))
def test_law_whatever_labels_and_values_are_a_parser_reads_them_back(
    label: str, text: str, number: float, format: int
) -> None:
    family = Family("x", "gauge", text)
    family.add(number, labelled((("a", label), ("b", "c"))))
    read = (openmetrics, plain_text)[format]
    text_parts = [family.take(is_openmetrics=not format)]
    found = next(iter(read(b"".join(exposition(text_parts, not format)).decode())))
    label, text = (each.encode("utf-8", "replace").decode() for each in (label, text))
    assert found.samples[0].labels == {"a": label, "b": "c"}
    assert found.samples[0].value in (number, float(number)) or number != number
    assert found.documentation.strip() == text.strip()


@pytest.mark.parametrize(("path", "text"), [("/healthz", b"ok\n"), ("/readyz", b"ready\n")])
def test_daemon_is_healthy_and_ready(desk: Desk, path: str, text: bytes) -> None:
    answer = get(desk, path)
    assert (answer.status, answer.body) == (200, text)


def test_failed_process_is_in_the_way_of_readiness(desk: Desk) -> None:
    desk.world.child("web:web").spawn_error = "no"
    desk.world.call("startProcess", "pool:1", False)
    answer = get(desk, "/readyz")
    assert (answer.status, answer.body) == (503, b"not ready: pool:1 is STARTING\n")
    desk.world.pass_s(2.0)
    assert get(desk, "/readyz").status == 200
    desk.world.fault("startProcess", "web", False)
    assert get(desk, "/readyz").body == b"not ready: web is BACKOFF\n"
    desk.world.pass_s(100.0)
    assert get(desk, "/readyz").body == b"not ready: web is FATAL\n"
    assert get(desk, "/healthz").status == 200


def test_process_that_is_started_again_was_ready_before(desk: Desk) -> None:
    """A program that ends and is started again and again makes no daemon unready."""
    desk.world.call("startProcess", "web", False)
    desk.world.pass_s(2.0)
    desk.world.exited("web:web")
    desk.world.call("startProcess", "web", False)
    assert desk.world.state("web:web") == "STARTING"
    assert get(desk, "/readyz").status == 200


def test_daemon_that_leaves_is_healthy_and_not_ready(desk: Desk) -> None:
    desk.world.child("web:web").stubborn = True
    desk.world.call("startProcess", "web", False)
    desk.world.call("shutdown")
    assert get(desk, "/readyz").body.startswith(b"not ready: supervisord is SHUTDOWN\n")
    assert get(desk, "/readyz").status == 503
    assert get(desk, "/healthz").status == 200
    assert get(desk, "/metrics").status == 200


def test_readiness_of_many_is_found_out_in_turns() -> None:
    """The same answer, and nobody else waits for more than a slice of the work."""
    desk = Desk(*(program(f"{n:04}") for n in range(2 * SLICE_COUNT + 1)), handler=make_metrics)

    def ask() -> list[Any]:
        later, answers = desk.ask("GET", "/readyz"), list[Any]()
        assert isinstance(later, Later)
        later.then(answers.append)
        for _ in range(2):
            assert answers == []
            call = desk.world.timers.pop_due(desk.world.now_s)
            assert call is not None
            call()
        return [each.body for each in answers]

    assert ask() == [b"ready\n"]
    desk.world.call("startProcess", "0500", False)
    assert ask() == [b"not ready: 0500 is STARTING\n"]


def test_many_reasons_are_counted() -> None:
    desk = Desk(*(program(str(n)) for n in range(30)), handler=make_metrics)
    for n in range(30):
        desk.world.call("startProcess", str(n), False)
    lines = get(desk, "/readyz").body.decode().splitlines()
    assert lines[-1] == "not ready: and 10 more"
    assert len(lines) == 21


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_only_looking_is_possible(desk: Desk, path: str) -> None:
    answer = desk.ask("POST", path)
    assert isinstance(answer, Response)
    assert (answer.status, dict(answer.headers)["Allow"]) == (405, "GET, HEAD")
    assert get(desk, f"{path}/x").status == 404
