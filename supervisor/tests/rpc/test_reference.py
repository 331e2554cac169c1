"""The reference of the methods in the manual."""

import re

import pytest

from supervisor.errors import Fault
from supervisor.rpc.caller import Role
from supervisor.rpc.introspection import (
    help_of_docstring,
    role_of_docstring,
    signature_of,
    tags_of,
)
from supervisor.rpc.reference import NAMESPACES, methods_rst, reference_rst

METHODS = [
    (namespace, name)
    for namespace, kind in NAMESPACES.items()
    for name in dir(kind)
    if not name.startswith("_")
]


@pytest.mark.parametrize(("namespace", "name"), METHODS)
def test_every_method_declares_its_parameters_result_and_faults(namespace: str, name: str) -> None:
    """The manual and methodSignature are made from the docstrings."""
    method = getattr(NAMESPACES[namespace], name)
    tags = tags_of(method.__doc__)
    parameters = method.__code__.co_varnames[1 : method.__code__.co_argcount]
    assert [tag.name for tag in tags if tag.kind == "param"] == list(parameters)
    assert len([tag for tag in tags if tag.kind == "return"]) == 1
    assert {tag.kind for tag in tags} <= {"param", "return", "raise", "role", "http"}
    assert {tag.type for tag in tags if tag.kind == "raise"} <= set(Fault.__members__)
    assert all(tag.text for tag in tags if tag.kind not in ("role", "http"))
    assert method.__doc__.lstrip()[0].isupper()


@pytest.mark.parametrize(("namespace", "name"), METHODS)
def test_every_method_declares_its_role_and_its_place_in_the_http_api(
    namespace: str, name: str
) -> None:
    """One definition: XML-RPC, the HTTP API, who may call it, and the manual."""
    docstring = getattr(NAMESPACES[namespace], name).__doc__
    tags = tags_of(docstring)
    roles = [tag.type for tag in tags if tag.kind == "role"]
    places = [(tag.type, tag.name) for tag in tags if tag.kind == "http"]
    assert len(roles) == len(places) == 1
    assert roles[0].upper() in Role.__members__
    assert role_of_docstring(docstring).name.lower() == roles[0]
    assert re.fullmatch("GET|PUT|POST|DELETE", places[0][0])
    assert re.fullmatch(r"(/[a-z-]+|/\{(name|pool)\}|/system\.multicall)+", places[0][1])


def test_what_changes_something_takes_more_than_the_role_read() -> None:
    for namespace, name in METHODS:
        docstring = getattr(NAMESPACES[namespace], name).__doc__
        reads = role_of_docstring(docstring) is Role.READ
        # What is called within a multicall takes the role that it takes alone.
        only_looks = " @http GET " in docstring or name == "multicall"
        assert reads == only_looks, name


@pytest.mark.parametrize("docstring", [None, "", "No tags.", "@role", "@role root", "role read"])
def test_method_without_a_role_is_for_admins(docstring: str | None) -> None:
    """Nobody knows what methods of plug-ins do, unless they say so."""
    assert role_of_docstring(docstring) is Role.ADMIN


def test_help_is_what_it_was_without_roles_and_places() -> None:
    """Clients of old are shown help that tells them nothing new."""
    text = "Do it.\n\n    @param string name  A name\n    @return boolean ok  True\n    "
    extended = text + "@role read\n    @http GET /x\n    "
    assert help_of_docstring(extended) == text
    assert signature_of(extended) == signature_of(text)
    for foreign in (text, "@role of this method", "@http server", "", "see\n  @http get /x\n"):
        assert help_of_docstring(foreign) == foreign
    for namespace, name in METHODS:
        help_text = help_of_docstring(getattr(NAMESPACES[namespace], name).__doc__)
        assert "@role" not in help_text
        assert "@http" not in help_text
        assert help_text.endswith("\n        ")


@pytest.mark.parametrize(("namespace", "name"), METHODS)
def test_every_method_is_in_the_manual(namespace: str, name: str) -> None:
    text = reference_rst()
    assert f".. describe:: {namespace}.{name}(" in text or f"``{name}``" in text


def test_method_is_described_with_defaults_types_faults_and_aliases() -> None:
    text = methods_rst("supervisor")
    assert ".. describe:: supervisor.startProcess(name, wait=true)" in text
    assert "   :wait: (boolean) Answer when" in text
    assert "   :fault 60 ALREADY_STARTED: The process is starting" in text
    assert "   :also called: ``readProcessLog``" in text
    assert "   :role: operate\n   :HTTP API: ``POST /api/v1/processes/{name}/start``" in text


def test_unknown_namespace_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        methods_rst("nope")
