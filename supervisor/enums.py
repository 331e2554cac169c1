"""Enumerations that cost little to define: those of `enum`, in what is used of them here.

`enum` works a long time on each class: the 17 of a plain daemon were a fortieth of its start
(decision 0010). These have members with a name and a value, which are made once and compared by
identity; classes are iterated in order, asked for values (`Level(20)`) and names (`Level["INFO"]`).
To checkers of types they are those of `enum`. There are no aliases, flags or values made of others.
"""

from supervisor.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from enum import Enum as Enum
    from enum import IntEnum as IntEnum
    from enum import auto as auto
else:

    class auto:
        """A value that matters to nobody: the number of the member, from 1."""

        __slots__ = ()

    class _Enumeration(type):
        """Makes members of the public names of a class that are no methods."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            values = {key: value for key, value in namespace.items() if _is_member(key, value)}
            rest = {key: value for key, value in namespace.items() if key not in values}
            cls = super().__new__(mcs, name, bases, rest)
            cls.__members__ = {}
            cls._by_value = {}
            for number, (key, value) in enumerate(values.items(), 1):
                cls._add(key, number if type(value) is auto else value)
            return cls

        def _add(cls, name: str, value: Any) -> None:
            member = cls._made(value)
            # Read by everybody, written by nobody: to checkers of types they are read-only.
            member.name = name
            member.value = value
            cls.__members__[name] = cls._by_value[value] = member
            setattr(cls, name, member)

        def __call__(cls, value: Any) -> Any:
            """The member with a value. Raises ValueError."""
            try:
                return cls._by_value[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __getitem__(cls, name: str) -> Any:
            """The member with a name. Raises KeyError."""
            return cls.__members__[name]

        def __iter__(cls) -> Any:
            return iter(cls.__members__.values())

        def __len__(cls) -> int:
            return len(cls.__members__)

        def __contains__(cls, value: object) -> bool:
            return any(value is member for member in cls)

    def _is_member(name: str, value: object) -> bool:
        return not name.startswith("_") and not hasattr(value, "__get__")

    class Enum(metaclass=_Enumeration):
        """See `enum.Enum`."""

        @classmethod
        def _made(cls, value: object) -> Any:
            return object.__new__(cls)

        def __repr__(self) -> str:
            return f"<{self}: {self.value!r}>"

        def __str__(self) -> str:
            return f"{type(self).__name__}.{self.name}"

        def __reduce__(self) -> Any:
            return type(self), (self.value,)

    class IntEnum(int, Enum):
        """See `enum.IntEnum`."""

        @classmethod
        def _made(cls, value: int) -> Any:
            return int.__new__(cls, value)

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {int(self)}>"

        __str__ = int.__repr__
