"""What annotations are written with costs next to nothing at run time, and harms nobody."""

import ast
from pathlib import Path
from typing import Any

from supervisor import hints
from supervisor.tests.rules.source import ROOT


class Readable(hints.Protocol):
    """Something to be read."""

    def read(self) -> bytes: ...


class Seekable(Readable, hints.Protocol):
    """The same, from anywhere."""

    def seek(self, place: int) -> None: ...


def bases_by_class(path: Path) -> dict[str, set[str]]:
    """Every class of a module, with the names of its bases."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: {each.id for each in node.bases if isinstance(each, ast.Name)}
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


def test_what_others_offer_is_no_class_of_its_own() -> None:
    """The 47 of a plain daemon were a 50th of its start, and are read by checkers alone."""
    classes: set[object] = {Readable, Seekable}
    assert classes == {hints.Protocol}


def test_what_others_offer_may_be_part_of_a_hint() -> None:
    """An annotation may say that there is perhaps none, or name several kinds."""
    hint: Any = Readable | list[Seekable] | None
    assert hint == Seekable | list[Readable] | None


def test_nothing_of_ours_inherits_from_what_it_offers() -> None:
    """It would be no class of its own either: who offers something has the methods, that is all."""
    package = (path for path in (ROOT / "supervisor").rglob("*.py") if "tests" not in path.parts)
    found = {path: bases_by_class(path) for path in package}
    offers = {
        name for classes in found.values() for name, bases in classes.items() if "Protocol" in bases
    }
    heirs = [
        (path.name, name)
        for path, classes in found.items()
        for name, bases in classes.items()
        if bases & offers and "Protocol" not in bases
    ]
    assert offers
    assert heirs == []
