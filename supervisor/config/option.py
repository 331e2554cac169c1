"""An option is declared once; parsing, default, sample, manual, message and diff derive from it.

A settings class is a dataclass whose fields are made by `option`: the field's name is the key, the
field's annotation the type that the rest of the package sees. Where the keys of a section do not
become settings one by one, a plain class declares them in the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from supervisor.config.convert import Lookups

_METADATA_KEY = "option"


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


@dataclass(frozen=True, slots=True)
class ValueType:
    """How the text of a value is understood."""

    name: str
    """In the manual."""
    expected: str
    """What a message says should have been there."""
    convert: Callable[[str, Lookups], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
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


@dataclass(frozen=True, slots=True)
class _Declared:
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
    metadata = {_METADATA_KEY: _Declared(key, details)}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, compare=compare, metadata=metadata)
    return field(default=default, compare=compare, metadata=metadata)


_DETAIL_DEFAULTS: Mapping[str, Any] = {
    "scope": Scope.PROGRAM,
    "own_error": None,
    "label": None,
    "sample": None,
    "is_active_in_sample": False,
    "is_in_config_info": False,
    "since": "",
}


def options_of(declaring_class: type) -> dict[str, Option]:
    """The options declared by a class, by field name, in order of declaration.

    It is a settings class, or a plain class if nobody needs objects of it.
    """
    if is_dataclass(declaring_class):
        declared_fields = {each.name: each for each in fields(declaring_class)}
    else:
        members = vars(declaring_class).items()
        declared_fields = {name: each for name, each in members if isinstance(each, Field)}
    options = {}
    for name, declared_field in declared_fields.items():
        found: _Declared | None = declared_field.metadata.get(_METADATA_KEY)
        if found is not None:
            options[name] = Option(key=found.key or name, **found.details)
    return options
