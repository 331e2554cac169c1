"""What annotations are written with, at next to no cost: `typing` and `collections.abc`.

Importing `typing` would be a tenth of the start of a daemon, and half a MiB of its memory, for
names that only checkers of types have a use for. To those they are the ones of `typing`; at run
time they are stand-ins that accept what is written with them and mean nothing (decision 0010).

`collections.abc` is a module of the interpreter by another name, but that name is in a package
that makes classes and imports five modules (see `supervisor.lean`). Its classes are those that
everybody has, but for `Callable`, each use of which makes an object in slow ways.
"""

TYPE_CHECKING = False
"""True to checkers of types, as the one of `typing`."""

if TYPE_CHECKING:
    from collections.abc import Callable as Callable
    from collections.abc import Collection as Collection
    from collections.abc import Container as Container
    from collections.abc import Generator as Generator
    from collections.abc import ItemsView as ItemsView
    from collections.abc import Iterable as Iterable
    from collections.abc import Iterator as Iterator
    from collections.abc import Mapping as Mapping
    from collections.abc import MutableMapping as MutableMapping
    from collections.abc import Sequence as Sequence
    from collections.abc import Sized as Sized
    from collections.abc import ValuesView as ValuesView
    from typing import IO as IO
    from typing import Any as Any
    from typing import ClassVar as ClassVar
    from typing import Final as Final
    from typing import Literal as Literal
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TextIO as TextIO
    from typing import TypeAlias as TypeAlias
    from typing import TypeVar as TypeVar
    from typing import cast as cast
    from typing import dataclass_transform as dataclass_transform
else:
    from _collections_abc import Collection as Collection
    from _collections_abc import Container as Container
    from _collections_abc import Generator as Generator
    from _collections_abc import ItemsView as ItemsView
    from _collections_abc import Iterable as Iterable
    from _collections_abc import Iterator as Iterator
    from _collections_abc import Mapping as Mapping
    from _collections_abc import MutableMapping as MutableMapping
    from _collections_abc import Sequence as Sequence
    from _collections_abc import Sized as Sized
    from _collections_abc import ValuesView as ValuesView

    class _Hint:
        """Stands for any type, and for any that is made of others."""

        def __class_getitem__(cls, parameters):
            return cls

    class _Once(type):
        """A class of this kind is its own heir: to say what others have to offer makes none."""

        def __new__(mcs, name, bases, namespace):
            return bases[-1] if bases else super().__new__(mcs, name, bases, namespace)

    class Protocol(metaclass=_Once):
        """Stands for all classes that say what others have to offer."""

        __slots__ = ()

    Any = Callable = ClassVar = Final = IO = Literal = NoReturn = Self = TextIO = TypeAlias = _Hint

    def TypeVar(name, *constraints, **properties):
        """Stands for any type."""
        return _Hint

    def cast(kind, value):
        """The value as it is."""
        return value

    def dataclass_transform(**properties):
        """The decorated function as it is."""
        return lambda decorated: decorated
