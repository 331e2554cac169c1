"""Habits that can be read off the source: waiting, catching, words, places."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.rules.source import (
    PACKAGE,
    ROOT,
    Module,
    calls,
    package_modules,
    suite_modules,
)

pytestmark = pytest.mark.xdist_group("source")
"""In one worker: the source is parsed once for all rules."""

BOUNDARIES: dict[str, str] = {
    "config.entrypoints:check_entry_point": "importing runs code of others: anything may be raised",
    "web.channel:_push": "a log must not fail because of one of those who follow it",
    "ctl.controller:_guarded": "commands of plug-ins may raise anything; the shell goes on",
    "ctl.diagnosis:_text_of": "exceptions of plug-ins may fail to say what they are about",
    "daemon.outlets:close": "the end of a child's output must reach every sink",
    "daemon.outlets:hear": "a listener must not block because what it says cannot be understood",
    "daemon.outlets:give": "a child must not block because one sink of its output fails",
    "daemon.executor:_note_end": "whatever is wrong with its output, the end of a child is known",
    "daemon.feed:_note": "one who watches must not keep the others from hearing",
    "daemon.guard:shown": "a plug-in may fail to say what a thing of its is",
    "daemon.guard:told": "exceptions of plug-ins may fail to say what they are about",
    "daemon.guard:tell": "subscribers of plug-ins may raise anything; the others are told",
    "daemon.judges:__call__": "result handlers may raise anything: that is what they are asked for",
    "daemon.loop:_decide": "a mistake in one case must not end the supervision of the rest",
    "daemon.loop:_guarded": "a mistake in one step must not end the supervision of the rest",
    "daemon.loop:run": "a mistake in one step must not end the supervision of the rest",
    "daemon.poolwork:_decide": "a mistake in one pool must not end the conversation with the rest",
    "daemon.poolwork:post": "the same, without a call more on the hot path",
    "daemon.poolwork:submit": "one who is told an answer must not keep the others from theirs",
    "daemon.plugin_view.inside:make": "the thread of a plug-in that asked is told what was raised",
    "daemon.plugin_view.logger:_emit": "a handler of a plug-in must not harm who writes to the log",
    "daemon.plugin_view.options:_tell_of_programs": "the daemon has read the file in its own way",
    "host.poller:_call": "between the loop and everything that is called from it",
    "host.poller:_call_one": "the same, where there is only one to call",
    "loggers:emit": "a log that fails must not stop who writes to it; it is told on stderr",
    "promised.rpctools:_outcome": "one call that fails is the business of its own result",
    "subscriptions:notify": "one subscriber must not keep the others from hearing",
    "rpc.polling:_call": "whoever waits for the function gets the error; the timer has nobody",
    "rpc.deferred:settle": "who asked gets the error, not the state change that made the answer",
    "rpc.multicall:go_on": "the answer to one call of several is its error, as for a call alone",
    "web.api.calls:outcome": "a mistake in an answer must not hit what made it known",
    "web.api.methods:_result": "plug-ins may return what breaks when it is looked at",
    "web.channel:_guarded": "a mistake on one connection closes that one",
    "web.channel:_handle": "a mistake in one answer is a status 500",
    "web.late:__call__": "code that cannot be loaded any more must not harm what can",
    "web.greeting:_shake_hands": "a mistake in one greeting closes that connection",
    "web.rpc_endpoint:__call__": "methods of plug-ins may raise anything; the client gets a 500",
    "web.rpc_endpoint:_result": "plug-ins may return what XML-RPC has no type for",
    "web.rpc_endpoint:_slices": "the same, for an answer that is made in slices",
    "web.sampling:answer": "a mistake in an answer must not hit what took the sample",
    "web.sampling:_guarded": "the same, for an answer that is made in slices: it is a status 500",
}
"""module:function -> why it catches everything; whoever adds one, says why."""

TEXT_SUFFIXES = {".py", ".rst", ".txt", ".md", ".conf", ".toml", ".in", ".cfg", ".sample", ""}
TEXT_PLACES = ("supervisor", "docs", "tools", "requirements", ".ci")
SKIPPED_FOLDERS = {"_build", "_generated", "__pycache__"}


def text_files() -> Iterator[Path]:
    """Every file of the project that people read."""
    for place in TEXT_PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            if path.is_file() and not SKIPPED_FOLDERS.intersection(path.parts):
                yield path
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file())


def test_nothing_sleeps() -> None:
    """Whoever waits says for what, or until when: the package never calls sleep."""
    wrong = [
        module.place(call)
        for module in package_modules()
        for name, call in calls(module)
        if name in {"sleep", "time.sleep", "asyncio.sleep"}
    ]
    assert not wrong, "\n".join(wrong)


def test_tests_wait_for_conditions() -> None:
    """A test never sleeps for a fixed time: sleep occurs only inside a loop that looks again."""
    wrong = []
    for module in (module for module in suite_modules() if "sleep" in module.text):
        sleeps = [call for name, call in calls(module) if name in {"sleep", "time.sleep"}]
        looping = {
            id(inner)
            for node in (ast.walk(module.tree) if sleeps else ())
            if isinstance(node, ast.While | ast.For)
            for inner in ast.walk(node)
        }
        wrong += [module.place(call) for call in sleeps if id(call) not in looping]
    assert not wrong, "\n".join(wrong)


def test_exceptions_are_caught_by_name() -> None:
    """No bare except; catching everything is for the listed boundaries."""
    found: dict[str, str] = {}
    for module in package_modules():
        for function in ast.walk(module.tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                owner = f"{module.name}:{getattr(function, 'name', '')}"
                for node in own_nodes(function):
                    if isinstance(node, ast.ExceptHandler) and catches_all(node):
                        found[owner] = module.place(node)
    assert {owner: place for owner, place in found.items() if owner not in BOUNDARIES} == {}
    assert BOUNDARIES.keys() <= found.keys(), "boundaries that are none any more"


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a function, without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from own_nodes(child)


def catches_all(handler: ast.ExceptHandler) -> bool:
    """True for a handler in which a mistake of ours would end, unless it passes it on."""
    if handler.type is None:
        return True
    passes_on = isinstance(handler.body[-1], ast.Raise)
    return not passes_on and bool(re.search(r"\b(Base)?Exception\b", ast.unparse(handler.type)))


def test_every_module_states_its_rule() -> None:
    """Each module opens with a docstring."""
    wrong = [
        module.place(1)
        for module in package_modules() + suite_modules()
        if not ast.get_docstring(module.tree)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_postpones_annotations() -> None:
    """The oldest supported Python needs no postponed annotations."""
    statement = "from __future__ import" + " annotations"
    wrong = [m.place(1) for m in package_modules() + suite_modules() if statement in m.text]
    assert not wrong, "\n".join(wrong)


def test_suppressions_name_what_they_suppress() -> None:
    """A ``noqa`` or ``type: ignore`` without a code hides whatever comes later."""
    blanket = re.compile(r"#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)")
    wrong = [
        f"{module.place(number)}: {line.strip()}"
        for module in package_modules() + suite_modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if blanket.search(line) and module.path != Path(__file__)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later() -> None:
    """What is not done is not hidden in a comment."""
    later = re.compile(r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    wrong = [
        f"{module.place(number)}: {line.strip()}"
        for module in package_modules() + suite_modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if later.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_project_names_no_place_of_a_machine() -> None:
    """Texts of the project speak of the project alone."""
    places = re.compile(
        "|".join(
            [re.escape(f"{ROOT}/"), "/" + "work/", "/" + "root/", re.escape(f"{Path.home()}/")]
        )
    )
    wrong = []
    for path in text_files():
        if path.suffix not in TEXT_SUFFIXES or PACKAGE / "tests" / "golden" in path.parents:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        wrong += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if places.search(line)
        ]
    assert not wrong, "\n".join(wrong)


def bases_by_class(module: Module) -> dict[str, set[str]]:
    """Every class of a module, with the names of its bases."""
    return {
        node.name: {each.id for each in node.bases if isinstance(each, ast.Name)}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }


def test_nothing_of_ours_inherits_from_what_it_offers() -> None:
    """Protocols cost nothing: who offers something has the methods, that is all."""
    found = {module: bases_by_class(module) for module in package_modules()}
    offers = {
        name for classes in found.values() for name, bases in classes.items() if "Protocol" in bases
    }
    heirs = [
        (module.name, name)
        for module, classes in found.items()
        for name, bases in classes.items()
        if bases & offers and "Protocol" not in bases
    ]
    assert offers
    assert heirs == []
