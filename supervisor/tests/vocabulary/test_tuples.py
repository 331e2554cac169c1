"""Our named tuples behave like those of `typing`."""

import collections
import copy
import pickle
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

import pytest

from supervisor import tuples


class Ours(tuples.NamedTuple):
    """A point with a name."""

    x: int
    y: int = 2
    name: str = "p"

    @property
    def sum(self) -> int:
        return self.x + self.y


class Theirs(typing.NamedTuple):
    """A point with a name."""

    x: int
    y: int = 2
    name: str = "p"

    @property
    def sum(self) -> int:
        return self.x + self.y


class Empty(tuples.NamedTuple):
    """No field at all."""


class Derived(Ours):
    """More methods, the same fields."""

    def twice(self) -> int:
        return 2 * self.sum


def matched(value: Any) -> object:
    match value:
        case Ours(x, y, name) | Theirs(x, y, name):
            return x, y, name
    return None


USES: dict[str, Callable[[Any], object]] = {
    "positions": lambda kind: tuple(kind(1, 3, "q")),
    "names": lambda kind: tuple(kind(name="q", x=1)),
    "defaults": lambda kind: tuple(kind(1)),
    "fields": lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__),
    "field": lambda kind: (kind(1).y, kind(1).name, kind(1).sum),
    "equality": lambda kind: (kind(1) == kind(1), kind(1) == (1, 2, "p"), kind(1) < kind(2)),
    "hash": lambda kind: hash(kind(1)) == hash((1, 2, "p")),
    "repr": lambda kind: repr(kind(1)).removeprefix(kind.__name__),
    "replace": lambda kind: tuple(kind(1)._replace(y=5)),
    "dict": lambda kind: kind(1)._asdict(),
    "make": lambda kind: tuple(kind._make([1, 2, "r"])),
    "copy": lambda kind: (copy.copy(kind(1)) == kind(1), type(copy.deepcopy(kind(1))) is kind),
    "pickle": lambda kind: type(pickle.loads(pickle.dumps(kind(1)))) is kind,
    "match": lambda kind: matched(kind(1)),
    "doc": lambda kind: kind.__doc__,
    "unpacking": lambda kind: [*kind(1)],
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_use_is_the_same(use: Callable[[Any], object]) -> None:
    """Whatever is done with them has the same result."""
    assert use(Ours) == use(Theirs)


MISUSES: dict[str, Callable[[Any], object]] = {
    "missing": lambda kind: kind(),
    "unknown": lambda kind: kind(1, z=2),
    "too many": lambda kind: kind(1, 2, "p", 4),
    "twice": lambda kind: kind(1, x=2),
    "made of too few": lambda kind: kind._make([1]),
}


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_refused(misuse: Callable[[Any], object]) -> None:
    """The first object of a class, and every other one, is made of its fields."""
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            misuse(kind)


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_what_is_no_field_cannot_be_replaced(kind: Any) -> None:
    """And the name is told."""
    with pytest.raises(ValueError, match="z"):
        kind(1)._replace(z=5)


def test_objects_cannot_be_changed() -> None:
    """Neither a field nor anything else can be set."""
    for value in (Ours(1), Derived(1)):
        for name in ("x", "z"):
            with pytest.raises(AttributeError):
                setattr(value, name, 2)


def test_class_without_fields_has_objects() -> None:
    """An input or command may say all by its class."""
    assert Empty() == ()
    assert repr(Empty()) == "Empty()"


def test_derived_class_has_the_same_fields() -> None:
    """It makes objects of its own class."""
    assert repr(Derived(1)) == "Derived(x=1, y=2, name='p')"
    assert Derived(1, y=3).twice() == 8
    assert type(Ours(1)) is Ours


def wide() -> Any:
    """A new class with more fields than there are constructors for, three with defaults."""
    names = [f"field{number}" for number in range(20)]
    body = {"__annotations__": dict.fromkeys(names, int), "__module__": __name__}
    base: Any = tuples.NamedTuple
    return types.new_class(
        "Wide", (base,), exec_body=lambda space: space.update(body, **dict.fromkeys(names[-3:], 7))
    )


WIDE_USES: dict[str, Callable[[Any], object]] = {
    "positions": lambda kind: tuple(kind(*range(20))),
    "positions and defaults": lambda kind: tuple(kind(*range(17))),
    "names": lambda kind: tuple(kind(**{f"field{n}": n for n in reversed(range(19))})),
    "both": lambda kind: tuple(kind(*range(10), **{f"field{n}": n for n in range(10, 17)})),
}

WIDE_MISUSES: dict[str, Callable[[Any], object]] = {
    "missing": lambda kind: kind(*range(16)),
    "unknown": lambda kind: kind(**{f"field{n}": n for n in range(21)}),
    "too many": lambda kind: kind(*range(21)),
    "twice": lambda kind: kind(*range(20), field0=1),
    "nothing": lambda kind: kind(),
}


@pytest.mark.parametrize("use", WIDE_USES.values(), ids=WIDE_USES.keys())
def test_objects_of_many_fields_are_made_alike_each_time(use: Callable[[Any], object]) -> None:
    """The first is made in another way than all others; nobody can tell."""
    ours = wide()
    expected = use(collections.namedtuple("Wide", ours._fields, defaults=(7, 7, 7)))
    assert [use(ours), use(ours), use(ours)] == [expected] * 3


@pytest.mark.parametrize("misuse", WIDE_MISUSES.values(), ids=WIDE_MISUSES.keys())
def test_misuse_of_many_fields_is_refused_each_time(misuse: Callable[[Any], object]) -> None:
    """The words are those of a function, also for the first."""
    ours = wide()
    for _ in range(2):
        with pytest.raises(TypeError, match=r"__new__\(\)"):
            misuse(ours)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="they are those of typing")
def test_code_is_made_with_the_first_object() -> None:
    """A class that is only declared costs little."""

    class Late(tuples.NamedTuple):
        x: int

    assert "__new__" not in vars(Late)
    assert Late(1).x == 1
    assert "__new__" in vars(Late)
