"""Named tuples that cost little to define.

`typing.NamedTuple` writes and compiles code for each class when it is defined. Here that happens
when the first object of a class is made, which for most classes of a daemon is never: for the 108
of a plain daemon it was an eighth of the start, and 0.3 MiB (decision 0004).

They are declared, used and checked like those of `typing`; to mypy they are the same. Python 3.14
keeps the annotations of a class elsewhere: there they *are* those of `typing`.
"""

import sys

from supervisor.hints import TYPE_CHECKING, Any, Callable, Iterable
from supervisor.lean import CodeType, FunctionType

if TYPE_CHECKING or sys.version_info >= (3, 14):
    from typing import NamedTuple as NamedTuple
else:
    try:
        # What `collections.namedtuple` uses, and with the same way out on other interpreters.
        from _collections import _tuplegetter as field_getter
    except ImportError:
        from operator import itemgetter

        def field_getter(index: int, doc: str | None) -> property:
            """The attribute that is the element at an index."""
            return property(itemgetter(index), doc=doc)

    class _Declared(type):
        """Makes fields of the annotated names of a class."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            namespace["__slots__"] = ()
            if any(vars(base).get("_is_root") for base in bases):
                _declare(namespace)
            return super().__new__(mcs, name, bases, namespace)

    def _declare(namespace: dict[str, Any]) -> None:
        fields = tuple(namespace.get("__annotations__", ()))
        namespace["_fields"] = namespace["__match_args__"] = fields
        namespace["_field_defaults"] = {
            field: namespace[field] for field in fields if field in namespace
        }
        for index, field in enumerate(fields):
            namespace[field] = field_getter(index, None)

    # Constructors by number of fields. That of a class is one of them under the names of its
    # fields, which takes a fiftieth of compiling it: for the 43 classes that a start makes objects
    # of, that was a twentieth of the start.
    _new = tuple.__new__
    _NAMES = {"_new": _new, "__builtins__": {}}
    _SHAPES = (
        lambda _cls: _new(_cls, ()),
        lambda _cls, a: _new(_cls, (a,)),
        lambda _cls, a, b: _new(_cls, (a, b)),
        lambda _cls, a, b, c: _new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
    )

    def _constructor(cls: type) -> Callable[..., Any]:
        """What makes the objects of a class: takes its fields as parameters."""
        name, qualname = "__new__", f"{cls.__qualname__}.__new__"
        parameters = ("_cls", *cls._fields)
        code = _shape(len(cls._fields)).replace(
            co_varnames=parameters, co_name=name, co_qualname=qualname
        )
        defaults = tuple(cls._field_defaults.values())
        return FunctionType(code, _NAMES, name, defaults)

    def _only_one(cls: type, values: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """An object made without a constructor, None if that has to say what is wrong.

        Of most classes with many fields there is but one object, and their constructors have to be
        compiled: for the five that a start makes objects of, that was a 70th of the start.
        """
        fields = cls._fields
        if len(values) > len(fields) or (values and named):
            return None
        given = cls._field_defaults | dict(zip(fields, values, strict=False)) | named
        return _new(cls, map(given.get, fields)) if given.keys() == {*fields} else None

    def _shape(count: int) -> CodeType:
        """A constructor that takes so many fields."""
        if count < len(_SHAPES):
            return _SHAPES[count].__code__
        names = ", ".join(f"a{number}" for number in range(count))
        return eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__

    def _places(cls: type) -> dict[str, int]:
        """Where each field is: found out with the first replacement in an object of the class."""
        cls._places = {field: place for place, field in enumerate(cls._fields)}
        return cls._places

    class NamedTuple(tuple, metaclass=_Declared):
        """See `typing.NamedTuple`."""

        _is_root = True
        _is_made = False
        _places: Any = None

        def __new__(cls, *values: Any, **named: Any) -> Any:
            """Called for the first object of a class only; if that was made without, once more."""
            if len(cls._fields) >= len(_SHAPES) and not cls._is_made:
                cls._is_made = True
                made = _only_one(cls, values, named)
                if made is not None:
                    return made
            cls.__new__ = staticmethod(_constructor(cls))
            return cls.__new__(cls, *values, **named)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"expected {len(cls._fields)} values, got {len(made)}")
            return made

        def _replace(self, /, **changes: Any) -> Any:
            # Without a dict of all fields: readers of settings make many of these.
            values, places = [*self], self._places or _places(type(self))
            try:
                for name, value in changes.items():
                    values[places[name]] = value
            except KeyError:
                raise ValueError(f"no field of {type(self).__name__}: {name!r}") from None
            return _new(type(self), values)

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            shown = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)
