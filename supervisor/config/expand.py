"""``%(name)s`` expansions: the only place where values are formatted.

Names missing from the scope and malformed formats raise FormatError.
"""

from supervisor.expressions import expression
from supervisor.hints import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING:
    from re import Match

HERE = "here"

_PLAIN = expression(r"%(?:%|\([^()%]*\)[-#0 +]*[0-9]{0,3}(?:\.[0-9]{0,3})?[hlL]?[a-zA-Z])")
_WIDE = expression(r"%%|%(?:\([^()]*\))?[-#0 +]*(\d{4}|\d*\.\d{4})")
_NAMELESS_TEXT = expression(r"(%%)|%([-#0 +]*[0-9]{0,3}(?:\.[0-9]{0,3})?[hlL]?[sra])")


FORMAT_EXPECTED = "formats such as %(here)s, and %% for a percent sign"


class FormatError(ValueError):
    """A value whose formats cannot be replaced; the message is the reference text."""


class Names:
    """Names that a value may use; the mapping is only built when a value needs it."""

    __slots__ = ("_base", "_here", "_mapping", "_own")

    def __init__(self, base: Mapping[str, str], **own: str | int) -> None:
        self._base = base
        self._own = own
        self._here = ""
        self._mapping: dict[str, Any] | None = None

    def at(self, here: str) -> dict[str, Any]:
        """The mapping for a value of a file in directory `here`."""
        if self._mapping is None or self._here != here:
            self._mapping = {**self._base, **self._own, HERE: here}
            self._here = here
        return self._mapping


def is_plain(text: str) -> bool:
    """Whether each ``%`` of a text begins a named format or an escaped percent sign."""
    return _is_simple(text) or "%" not in _PLAIN.sub("", text)


def _is_simple(text: str) -> bool:
    """Whether each ``%`` begins a ``%(name)s``; these need no expression to be recognized."""
    for piece in text.split("%")[1:]:
        name, closed, rest = piece.partition(")")
        if not closed or not name.startswith("(") or "(" in name[1:] or not rest.startswith("s"):
            return False
    return True


def expand(text: str, names: Mapping[str, Any], label: str) -> str:
    """`text` with all formats replaced. Raises FormatError."""
    if "%" not in text:
        return text
    try:
        return text % names if is_plain(text) else _expand_carefully(text, names)
    except KeyError as error:
        available = ", ".join(sorted(names))
        raise FormatError(
            f"Format string {text!r} for {label!r} contains names ({error}) which cannot be "
            f"expanded. Available names: {available}"
        ) from None
    except (TypeError, ValueError, OverflowError, MemoryError) as error:
        raise FormatError(
            f"Format string {text!r} for {label!r} is badly formatted: {error}"
        ) from None


def has_nameless_format(text: str) -> bool:
    """Whether `text` holds a ``%s`` without a name, which is left as it is."""
    return not is_plain(text) and any(match[2] for match in _NAMELESS_TEXT.finditer(text))


def _expand_carefully(text: str, names: Mapping[str, Any]) -> str:
    """Format a text with unusual conversions.

    A single ``%s`` without a name is accepted by the reference, which puts all variables of the
    environment there; here it stays as it is, because that is what its author meant.
    """
    if any(match[1] for match in _WIDE.finditer(text)):
        raise ValueError("width or precision too big (at most 3 digits)")
    if _positional_count(text) == 1:
        return _NAMELESS_TEXT.sub(_keep_nameless, text) % names
    return text % names


def _positional_count(text: str) -> int:
    return sum(match[1] is None for match in _NAMELESS_TEXT.finditer(text))


def _keep_nameless(match: "Match[str]") -> str:
    return match[1] or "%%" + match[2]
