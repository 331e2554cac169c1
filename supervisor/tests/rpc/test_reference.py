"""The reference of the methods in the manual."""

import pytest

from supervisor.errors import Fault
from supervisor.rpc.introspection import tags_of
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
    assert {tag.kind for tag in tags} <= {"param", "return", "raise"}
    assert {tag.type for tag in tags if tag.kind == "raise"} <= set(Fault.__members__)
    assert all(tag.text for tag in tags)
    assert method.__doc__.lstrip()[0].isupper()


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


def test_unknown_namespace_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        methods_rst("nope")
