"""An option is declared once; parsing, default, sample, manual, message and diff derive from it.

A settings class is a record whose fields are made by `option`: the field's name is the key, the
field's annotation the type that the rest of the package sees. Where the keys of a section do not
become settings one by one, a plain class declares them in the same way.
"""

from supervisor.config.convert import Lookups
from supervisor.config.record import Field, fields_of
from supervisor.enums import Enum
from supervisor.hints import Any, Callable, Mapping
from supervisor.tuples import NamedTuple


class Scope(Enum):
    """Which names the value of a program's key may use in expansions (manual, "Expansions")."""

    GROUP = "group"
    """Read before the program is known: environment and `here` only."""
    PROGRAM = "program"
    """Evaluated once for all processes of the section."""
    PROCESS = "process"
    """Evaluated for each process."""
    COMMAND = "command"
    """Evaluated for each process, which also sees its own ``environment=``."""


class ValueType(NamedTuple):
    """How the text of a value is understood."""

    name: str
    """In the manual."""
    expected: str
    """What a message says should have been there."""
    convert: Callable[[str, Lookups], Any]


class Option(NamedTuple):
    """The declaration of one key."""

    key: str
    type: ValueType
    default: Any
    shown_default: str
    """In the manual; empty if there is none."""
    doc: str
    """One or more sentences for the manual; the first one is also the comment in the sample."""
    scope: Scope
    own_error: str | None
    """Text that replaces the converter's; ``{}`` stands for the value."""
    label: str | None
    """Name in the errors of expansions where it is not SECTION.KEY."""
    sample: str | None
    """Value in the sample file; None leaves the key out."""
    is_active_in_sample: bool
    is_in_config_info: bool
    """Whether getAllConfigInfo shows it under its key."""
    since: str
    is_secret: bool
    """Whether messages must not repeat the value."""


class _Declared(NamedTuple):
    """An option whose key is still to come: the name of the field."""

    key: str | None
    details: Mapping[str, Any]


def option(
    type: ValueType,
    doc: str,
    *,
    default: Any = None,
    shown_default: str = "",
    key: str | None = None,
    compare: bool = True,
    **details: Any,
) -> Any:
    """A field of a settings class.

    `default` is a typed value; None stands for "not set". Further details are those of `Option`.
    """
    details = {
        **_DETAIL_DEFAULTS,
        "type": type,
        "doc": doc,
        "default": default,
        "shown_default": shown_default,
        **details,
    }
    return Field(default, compare=compare, about=_Declared(key, details))


_DETAIL_DEFAULTS: Mapping[str, Any] = {
    "scope": Scope.PROGRAM,
    "own_error": None,
    "label": None,
    "sample": None,
    "is_active_in_sample": False,
    "is_in_config_info": False,
    "since": "",
    "is_secret": False,
}


def options_of(declaring_class: type) -> dict[str, Option]:
    """The options declared by a class, by field name, in order of declaration.

    It is a settings class, or a plain class if nobody needs objects of it.
    """
    return {
        name: Option(key=field.about.key or name, **field.about.details)
        for name, field in fields_of(declaring_class).items()
        if isinstance(field.about, _Declared)
    }
