"""One definition: methods, operations, the OpenAPI document and the manual say the same."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from supervisor.errors import Fault
from supervisor.rpc.caller import Role
from supervisor.rpc.introspection import role_of_docstring
from supervisor.rpc.reference import NAMESPACES
from supervisor.tests.rpc.world import program
from supervisor.tests.rules.source import ROOT
from supervisor.tests.web.api.desk import Desk, make_site
from supervisor.web.api import make_api
from supervisor.web.api.openapi import document
from supervisor.web.api.operations import Operation
from supervisor.web.api.problems import statuses_of
from supervisor.web.api.reference import operations_rst
from supervisor.web.api.table import all_operations, methods_by_place
from supervisor.web.messages import REASONS
from supervisor.web.metrics import make_metrics

OPERATIONS = all_operations()
PLACES = [(each.verb, each.path) for each in OPERATIONS]


@pytest.mark.parametrize("has_users", [False, True])
def test_document_is_valid(has_users: bool) -> None:
    struct = document(OPERATIONS, has_users=has_users)
    validate(struct)
    assert ("security" in struct) == has_users
    assert json.loads(json.dumps(struct)) == struct


def test_every_place_that_a_docstring_names_is_there() -> None:
    """One definition: XML-RPC, JSON, help, manual, OpenAPI."""
    by_name = {("POST", "/rpc/system.multicall"): ("POST", "/rpc/{method}")}
    wanted = {by_name.get(place, place) for place in methods_by_place()}
    assert wanted <= set(PLACES)
    own = set(PLACES) - wanted
    assert own == {
        ("GET", "/groups"),
        ("GET", "/groups/{name}"),
        ("GET", "/events"),
        ("GET", "/openapi.json"),
        ("POST", "/processes/{name}/restart"),
        ("POST", "/groups/{name}/restart"),
        ("POST", "/supervisor/restart-all"),
    }
    assert len(set(PLACES)) == len(PLACES)


@pytest.mark.parametrize("operation", OPERATIONS, ids=[" ".join(place) for place in PLACES])
def test_operation_says_the_role_and_the_statuses_of_its_methods(operation: Operation) -> None:
    if operation.path == "/rpc/{method}":
        return
    roles = [Role.READ]
    for name in operation.methods:
        namespace, _, method = name.partition(".")
        roles.append(role_of_docstring(getattr(NAMESPACES[namespace], method).__doc__))
    assert operation.role is max(roles)
    assert operation.statuses <= set(REASONS)


def test_every_fault_has_a_status() -> None:
    assert all(400 <= status < 504 for status in statuses_of({int(fault) for fault in Fault}))
    assert statuses_of({1234}) == {409}


@pytest.mark.parametrize("place", PLACES, ids=[" ".join(place) for place in PLACES])
def test_every_operation_is_in_the_manual(place: tuple[str, str]) -> None:
    verb, path = place
    assert f".. describe:: {verb} /api/v1{path}\n" in operations_rst()


def test_operation_on_a_process_does_not_offer_whole_groups() -> None:
    assert "group:*" not in operations_rst()


def test_server_with_users_says_how_they_come_in() -> None:
    desk = Desk()
    handler = make_api(make_site(desk.world, has_users=True))
    desk.handler = handler
    _, struct = desk.call("GET", "/openapi.json")
    assert struct["security"] == [{"password": []}, {"token": []}]
    assert {"401", "429"} <= set(struct["paths"]["/processes"]["get"]["responses"])


def test_every_metric_is_in_the_manual() -> None:
    desk = Desk(program("web"), handler=make_metrics)
    manual = (ROOT / "docs" / "metrics.rst").read_text("utf-8")
    source = (ROOT / "supervisor" / "web" / "metrics.py").read_text("utf-8")
    suffixes = {"counter": "_total", "info": "_info"}
    answer: Any = desk.ask("GET", "/metrics")
    told = re.findall(r"^# TYPE (\S+) (\S+)$", answer.body.decode(), re.MULTILINE)
    names = {name + suffixes.get(kind, "") for name, kind in told}
    assert len(names) >= 10
    assert all(f"``{name}``" in manual for name in names)
    for ending in re.findall(r'f"\{name\}(_\w+)"', source):
        assert ending in manual, ending
