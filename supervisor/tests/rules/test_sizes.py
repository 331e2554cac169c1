"""Small modules, small functions, few parameters; each exception has a reason.

The limits are guides: an exception is listed where splitting would hurt the reader.
"""

from collections.abc import Iterator

import pytest

from supervisor.tests.rules.source import Function, Module, functions, package_modules

pytestmark = pytest.mark.xdist_group("source")
"""In one worker: the source is parsed once for all rules."""

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
PARAMETERS_MAX = 5
ENTRY_POINT_LINES_MAX = 80

ENTRY_POINTS = {"supervisord", "supervisorctl", "confecho"}
"""pidproxy is none: it is a small program of its own, which has no ring to hand over to."""

LONG_MODULES: dict[str, str] = {
    "web.channel": "all changes to a connection: its modes are only understood together",
    "events": "the classes of all events and their names: one promised module",
}
LONG_FUNCTIONS: dict[str, str] = {
    "daemon.application:Application.__init__": "the wiring of the daemon, a line for each part",
}
MANY_PARAMETERS: dict[str, str] = {
    "errors:ConfigProblem.__init__": "the fields of a report, all but the first by keyword",
    "events:SettledStateEvent.__init__": "the facts of an event, all but two by keyword",
    "config.option:option": "the fields of a declaration, all but two by keyword",
    "daemon.configuration:LiveConfiguration.__init__": "the parts it is wired to",
    "daemon.executor:Executor.__init__": "the parts it is wired to",
    "loggers:handle_file": "promised as it is",
    "promised.configs:EventListenerPoolConfig.__init__": "promised as it is",
    "web.messages:Request.__init__": "what a request consists of",
    "web.server:HttpServer.__init__": "the parts it is wired to",
}


def length(function: Function) -> int:
    """Lines from ``def`` to the end; decorators do not count."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> int:
    """Parameters that a caller can give; self and cls do not count."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def all_functions() -> Iterator[tuple[str, Module, Function]]:
    """(``module:Class.method``, module, function) for everything installed."""
    for module in package_modules():
        for name, function in functions(module):
            yield f"{module.name}:{name}", module, function


def test_modules_are_short() -> None:
    """A module is one concept in at most 400 lines."""
    long = {m.name: m.line_count for m in package_modules() if m.line_count > MODULE_LINES_MAX}

    assert {name: lines for name, lines in long.items() if name not in LONG_MODULES} == {}
    assert LONG_MODULES.keys() <= long.keys(), "exceptions that are none any more"


def test_functions_are_short() -> None:
    """A function has at most 50 lines."""
    long = {n: length(f) for n, _, f in all_functions() if length(f) > FUNCTION_LINES_MAX}

    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert LONG_FUNCTIONS.keys() <= long.keys(), "exceptions that are none any more"


def test_functions_have_few_parameters() -> None:
    """More than five parameters want a class of their own."""
    many = {n: parameters(f) for n, _, f in all_functions() if parameters(f) > PARAMETERS_MAX}

    assert {name: count for name, count in many.items() if name not in MANY_PARAMETERS} == {}
    assert MANY_PARAMETERS.keys() <= many.keys(), "exceptions that are none any more"


def test_entry_points_are_thin() -> None:
    """A command's module only hands over to its ring."""
    long = {
        m.name: m.line_count
        for m in package_modules()
        if m.name in ENTRY_POINTS and m.line_count > ENTRY_POINT_LINES_MAX
    }
    assert long == {}
