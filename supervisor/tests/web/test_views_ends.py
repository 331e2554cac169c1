"""``ends.html``: the ends of the logs of a group, or of all, on one page."""

import pytest

from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.tests.rpc.world import AT_ONCE, program
from supervisor.tests.web.visitor import Seen, Visitor
from supervisor.web.views import ends

READER = Caller("ann", Role.READ, (), "password")
OF_SOLO = Caller("bob", Role.ADMIN, ("solo",), "password")


def shop(caller: Caller = ANYBODY) -> Visitor:
    return Visitor(
        program("a", "web", start=AT_ONCE),
        program("b", "web", start=AT_ONCE),
        program("solo"),
        caller=caller,
    )


def shown(page: Seen) -> list[str]:
    """The processes whose logs are on it."""
    return [link.text for link in page.all("a") if "process.html" in link.attributes["href"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?name=web%3A%2A", ["web:a", "web:b"]),
        ("?name=*", ["solo", "web:a", "web:b"]),
        ("", ["solo", "web:a", "web:b"]),
        ("?name=solo", ["solo"]),
    ],
)
def test_ends_of_a_group_or_of_all_are_on_one_page(query: str, names: list[str]) -> None:
    """Tail for every process, every group and all, complete without a script."""
    page = shop().see(f"ends.html{query}")
    assert sorted(shown(page)) == names
    assert [each.text for each in page.all("p", "crumb")][1:] == ["Nothing has been logged."] * len(
        names
    )


def test_text_of_logs_is_shown_as_text() -> None:
    visitor = shop()
    process = next(each for each in visitor.world.control.groups() if each.name == "solo")
    key = (process.processes[0].id, "stdout")
    visitor.world.logbook.channels[key] = b"<script>alert(1)</script> &lt; \xff"
    page = visitor.see("ends.html?name=solo")
    assert any("<script>alert(1)</script> &lt; �" in each.text for each in page.all("pre"))
    assert not [each for each in page.all("script") if "alert" in each.text]
    assert [each.text for each in page.all("h3")] == ["stdout"]


@pytest.mark.parametrize("name", ["nobody", "web", "web:c", "other:*", "<b>"])
def test_unknown_names_are_told(name: str) -> None:
    """As everywhere: a group is only meant by ``group:*``."""
    page = shop().see(f"ends.html?name={name}")
    assert page.status == 404
    assert page.headline == "There is no such process"


def test_others_processes_do_not_exist() -> None:
    assert shown(shop(OF_SOLO).see("ends.html?name=*")) == ["solo"]
    assert shop(OF_SOLO).see("ends.html?name=web:*").status == 404


@pytest.mark.parametrize("caller", [ANYBODY, READER])
def test_list_leads_to_the_logs_of_each_group_and_of_all(caller: Caller) -> None:
    """Also who may only look."""
    links = [link["href"] for link in shop(caller).see().all("a")]
    assert "ends.html?name=web%3A%2A" in links
    assert "ends.html?name=*" in links


@pytest.mark.parametrize("more", [0, 1])
def test_number_of_processes_is_bounded(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    """At the bound, and one beyond: what is left out is told."""
    monkeypatch.setattr(ends, "PROCESSES_MAX", 3 - more)
    page = shop().see("ends.html")
    assert len(shown(page)) == 3 - more
    assert ("There are 3: for the others" in page.all("p", "crumb")[0].text) == bool(more)
