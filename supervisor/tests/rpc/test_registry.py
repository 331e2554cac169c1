"""From names to methods: what can be called, and what a call that fails looks like."""

from typing import Any

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.registry import Registry
from supervisor.tests.rpc.world import fault_of


class Base:
    def inherited(self) -> str:
        """Return where it comes from.

        @return string place   The base.
        """
        return "base"


class Other:
    def reached(self) -> str:
        return "through an attribute"


class Plugin(Base):
    """What third parties write."""

    def __init__(self) -> None:
        self.other = Other()
        self.later = Deferred()

    def add(self, one: int, two: int = 2) -> int:
        """Add
        two numbers.

            @param int one    The first
                              of them.
            @param int two The second.
            @return int sum The sum
            of them.
        """
        return one + two

    plus = add

    def fail(self) -> None:
        raise ValueError("boo")

    def refuse(self) -> None:
        raise RequestRefused(Fault.BAD_NAME, "nobody")

    def wait(self) -> Deferred:
        return self.later

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @staticmethod
    def static() -> str:
        return "static"

    @property
    def trap(self) -> str:
        raise AssertionError("properties are not evaluated to list methods")

    def _private(self) -> str:
        return "private"

    function = len
    value = 5

    class Nested:
        def method(self) -> str:
            return "nested"


class Fixture:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.plugin = Plugin()
        self.registry = Registry([("p", self.plugin)], self.log)

    def log(self, level: int, text: str) -> None:
        self.lines.append(f"{level} {text}")

    def __call__(self, method: str, *params: Any) -> Any:
        return self.registry.dispatch(method, list(params))


@pytest.fixture
def call() -> Fixture:
    return Fixture()


class TestResolving:
    def test_bound_methods_are_called(self, call: Fixture) -> None:
        """Bound methods, inherited ones, aliases and class methods can be called."""
        assert call("p.add", 1) == 3
        assert call("p.plus", 1, 1) == 2
        assert call("p.inherited") == "base"
        assert call("p.of_class") == "Plugin"

    @pytest.mark.parametrize(
        "name",
        [
            "add",
            "p",
            "p.",
            ".add",
            "",
            ".",
            "q.add",
            "p.nope",
            "p._private",
            "p.__init__",
            "p.__class__",
            "p.static",
            "p.function",
            "p.value",
            "p.Nested",
            "p.other",
            "p.other.reached",
            "p.add.__call__",
            "p.add.__func__.__globals__",
            "p..add",
            "P.add",
            "p.add ",
            " p.add",
        ],
    )
    def test_nothing_else_is_reached(self, call: Fixture, name: str) -> None:
        """UNKNOWN_METHOD unless exactly ns.method and a public bound method; no attribute walk."""
        assert fault_of(lambda: call(name)) == "UNKNOWN_METHOD"

    def test_later_interface_of_the_same_name_counts(self) -> None:
        """Sections come in order; `system` cannot be taken."""
        registry = Registry([("p", Other()), ("p", Plugin()), ("system", Other())], print)
        assert registry.dispatch("p.add", [1]) == 3
        assert "p.add" in registry.dispatch("system.listMethods", [])


class TestFailing:
    @pytest.mark.parametrize("params", [(), (1, 2, 3)])
    def test_wrong_number_of_parameters_is_a_fault(
        self, call: Fixture, params: tuple[int, ...]
    ) -> None:
        """INCORRECT_PARAMETERS, and nothing to look for in the log."""
        assert fault_of(lambda: call("p.add", *params)) == "INCORRECT_PARAMETERS"
        assert not any("Traceback" in line for line in call.lines)

    def test_x10_type_errors_inside_a_method_are_a_fault_and_logged(self, call: Fixture) -> None:
        """The fault stays, for plug-ins answer so; the traceback tells mistakes apart."""
        assert fault_of(lambda: call("p.add", "a")) == "INCORRECT_PARAMETERS"
        (line,) = [line for line in call.lines if "Traceback" in line]
        assert line.startswith("40 ")
        assert "in add" in line

    def test_other_exceptions_are_passed_on(self, call: Fixture) -> None:
        """What becomes of them is the business of the endpoint: HTTP 500."""
        with pytest.raises(ValueError, match="boo"):
            call("p.fail")


class TestLogging:
    def test_calls_are_traced(self, call: Fixture) -> None:
        call("p.add", 1)
        assert call.lines == [
            "5 XML-RPC method called: p.add()",
            "5 XML-RPC method p.add() returned successfully",
        ]

    def test_faults_are_traced(self, call: Fixture) -> None:
        fault_of(lambda: call("p.refuse"))
        assert call.lines[-1] == (
            "5 XML-RPC method p.refuse() returned fault: [10] BAD_NAME: nobody"
        )

    def test_deferred_answers_are_traced_when_they_are_known(self, call: Fixture) -> None:
        assert call("p.wait") is call.plugin.later
        assert call.lines == ["5 XML-RPC method called: p.wait()"]
        call.plugin.later.settle(lambda: True)
        assert call.lines[-1] == "5 XML-RPC method p.wait() returned successfully"

    def test_deferred_answer_that_is_known_is_given_at_once(self, call: Fixture) -> None:
        call.plugin.later.settle(lambda: 7)
        assert call("p.wait") == 7
        assert call.lines[-1] == "5 XML-RPC method p.wait() returned successfully"


class TestIntrospection:
    def test_x26_inherited_methods_are_listed(self, call: Fixture) -> None:
        """listMethods names exactly what can be called, sorted."""
        assert call("system.listMethods") == [
            "p.add",
            "p.fail",
            "p.inherited",
            "p.of_class",
            "p.plus",
            "p.refuse",
            "p.wait",
            "system.listMethods",
            "system.methodHelp",
            "system.methodSignature",
            "system.multicall",
        ]

    def test_help_is_the_raw_docstring(self, call: Fixture) -> None:
        assert call("system.methodHelp", "p.add") == Plugin.add.__doc__

    def test_x27_help_of_a_method_without_docstring_is_empty(self, call: Fixture) -> None:
        """Not the string None."""
        assert call("system.methodHelp", "p.fail") == ""

    def test_signature_comes_from_the_tags(self, call: Fixture) -> None:
        assert call("system.methodSignature", "p.add") == ["int", "int", "int"]
        assert call("system.methodSignature", "p.inherited") == ["string"]

    def test_method_without_declared_result_has_no_signature(self, call: Fixture) -> None:
        answer = fault_of(lambda: call("system.methodSignature", "p.fail"))
        assert answer == "SIGNATURE_UNSUPPORTED"

    @pytest.mark.parametrize("ask", ["system.methodHelp", "system.methodSignature"])
    @pytest.mark.parametrize("name", ["p.nope", "nope", "p._private", "p.static", 5, [], None])
    def test_unknown_methods_are_unsupported(self, call: Fixture, ask: str, name: Any) -> None:
        assert fault_of(lambda: call(ask, name)) == "SIGNATURE_UNSUPPORTED"
