"""What annotations are written with, at next to no cost: the names of `typing`.

Importing `typing` would be a tenth of the start of a daemon, and half a MiB of its memory, for
names that only checkers of types have a use for. To those they are the ones of `typing`; at run
time they are stand-ins that accept what is written with them and mean nothing (decision 0010).
"""

TYPE_CHECKING = False
"""True to checkers of types, as the one of `typing`."""

if TYPE_CHECKING:
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

    Any = ClassVar = Final = IO = Literal = NoReturn = Self = TextIO = TypeAlias = _Hint

    def TypeVar(name, *constraints, **properties):
        """Stands for any type."""
        return _Hint

    def cast(kind, value):
        """The value as it is."""
        return value

    def dataclass_transform(**properties):
        """The decorated function as it is."""
        return lambda decorated: decorated
