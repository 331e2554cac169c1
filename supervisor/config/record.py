"""Immutable objects with named, typed fields: what a frozen dataclass is, without generated code.

A dataclass writes and compiles its methods when it is defined: for the classes of the
configuration that took a sixth of the time in which the daemon was imported. Records share a few
plain methods (decision 0004).
"""

from supervisor.hints import Any, Callable, ClassVar, Final, Mapping, TypeVar, dataclass_transform
from supervisor.lean import attrgetter

REQUIRED: Final = object()
"""Default of a field that has none."""

_T = TypeVar("_T")


class Field:
    """What is said about a field beside its name and type."""

    __slots__ = ("about", "compare", "default")

    def __init__(self, default: Any = REQUIRED, *, compare: bool = True, about: Any = None) -> None:
        self.default = default
        """Shared by all objects, so it must not be changed."""
        self.compare = compare
        """Whether objects that differ in this field only are different."""
        self.about = about
        """Whatever others have to say about the field."""


def uncompared(*, default: Any = REQUIRED) -> Any:
    """A field which does not matter when objects are compared."""
    return Field(default, compare=False)


class _Record:
    __slots__ = ()

    _fields: ClassVar[Mapping[str, Field]]
    _defaults: ClassVar[dict[str, Any]]
    _required: ClassVar[frozenset[str]]
    _compared: ClassVar[Callable[[object], Any]]
    """What has to be equal: a reread compares thousands of records, so all fields by one call."""

    def __init__(self, **values: Any) -> None:
        every = self._defaults | values
        if len(every) != len(self._fields) or not self._required <= values.keys():
            raise TypeError(f"cannot make {type(self).__name__}: {_mistakes(self._fields, values)}")
        put = object.__setattr__
        for name, value in every.items():
            put(self, name, value)

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        if type(other) is not type(self):
            return NotImplemented
        compared = type(self)._compared
        equal: bool = compared(self) == compared(other)
        return equal

    # Compared by value, and some values are dicts: records are no keys.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set {name}: {type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name}: {type(self).__name__} is immutable")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(uncompared,))
def record(declaring_class: type[_T]) -> type[_T]:
    """Make a class of annotated fields a record: its objects are made with keyword arguments."""
    namespace = dict(vars(declaring_class))
    fields = {}
    for name in declaring_class.__annotations__:
        value = namespace.pop(name, REQUIRED)
        fields[name] = value if isinstance(value, Field) else Field(value)
    # What belongs to the class without slots; the new one has its own.
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(fields)
    namespace["_fields"] = fields
    compared = (name for name, field in fields.items() if field.compare)
    namespace["_compared"] = staticmethod(attrgetter("__class__", *compared))
    required = (name for name, field in fields.items() if field.default is REQUIRED)
    namespace["_required"] = frozenset(required)
    namespace["_defaults"] = {name: field.default for name, field in fields.items()}
    made: type[_T] = type(declaring_class.__name__, (_Record,), namespace)
    return made


def fields_of(declaring_class: type) -> Mapping[str, Field]:
    """Fields by name, in order of declaration; of a class that is no record, those it declares."""
    if issubclass(declaring_class, _Record):
        return declaring_class._fields
    members = vars(declaring_class).items()
    return {name: each for name, each in members if isinstance(each, Field)}


def replaced(original: _T, **changes: Any) -> _T:
    """A record with other values in some fields."""
    values = {name: getattr(original, name) for name in fields_of(type(original))}
    return type(original)(**(values | changes))


def _mistakes(fields: Mapping[str, Field], values: Mapping[str, Any]) -> str:
    unknown = [name for name in values if name not in fields]
    missing = [
        name for name, field in fields.items() if field.default is REQUIRED and name not in values
    ]
    return "; ".join(
        f"{what} {', '.join(names)}"
        for what, names in (("unknown fields", unknown), ("missing fields", missing))
        if names
    )
