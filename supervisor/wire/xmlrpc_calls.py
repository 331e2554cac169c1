"""XML-RPC on the side of the client, as far as it is plain: calls to bytes, bytes to values.

The rule: what this module writes and reads, it writes and reads as `xmlrpc.client` does, and it
says None to everything else: rare types, faults, what is no XML. That is left to `xmlrpc.client`,
which was a third of what a command of supervisorctl cost (decision 0015).
"""

import pyexpat

from supervisor.hints import Any, Callable, Final, Mapping, Sequence

INT_MIN, INT_MAX = -(2**31), 2**31 - 1  # By the specification of XML-RPC.
TEXT_PIECE_BYTES = 64 * 1024
"""Text is handed over in pieces of this size: large ones for logs."""

_HEAD: Final = "<?xml version='1.0'?>\n<methodCall>\n<methodName>"
_CONTENT: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"methodResponse"}),
    "methodResponse": frozenset({"params"}),
    "params": frozenset({"param"}),
    "param": frozenset({"value"}),
    "value": frozenset({"string", "int", "i4", "boolean", "double", "array", "struct"}),
    "array": frozenset({"data"}),
    "data": frozenset({"value"}),
    "struct": frozenset({"member"}),
    "member": frozenset({"name", "value"}),
}
"""Which elements may stand in which; in all others only text."""


class _Unusual(ValueError):
    """What is not read or written here."""


def encode_call(method: str, params: Sequence[Any]) -> bytes | None:
    """The body of a request; None if a parameter is not text, a number, a list or a struct."""
    try:
        written = "".join(f"<param>\n{_value(each)}</param>\n" for each in params)
    except (_Unusual, RecursionError):
        return None
    text = f"{_HEAD}{method}</methodName>\n<params>\n{written}</params>\n</methodCall>\n"
    return text.encode("utf-8", "xmlcharrefreplace")


def _value(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return f"<value><string>{_escaped(value)}</string></value>\n"
    if kind is bool:
        return f"<value><boolean>{value:d}</boolean></value>\n"
    if kind is int and INT_MIN <= value <= INT_MAX:
        return f"<value><int>{value}</int></value>\n"
    if kind is list:
        return f"<value><array><data>\n{''.join(map(_value, value))}</data></array></value>\n"
    if kind is dict:
        return f"<value><struct>\n{''.join(map(_member, *_columns(value)))}</struct></value>\n"
    raise _Unusual(kind)


def _columns(struct: dict[Any, Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return [*struct.keys()], [*struct.values()]


def _member(name: Any, value: Any) -> str:
    if type(name) is not str:
        raise _Unusual(name)
    return f"<member>\n<name>{_escaped(name)}</name>\n{_value(value)}</member>\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def decode_answer(data: bytes) -> list[Any] | None:
    """The value of an answer, in a list; None if it is a fault or not plain."""
    answer = _Answer()
    parser = pyexpat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = TEXT_PIECE_BYTES
    parser.StartElementHandler = answer.start
    parser.EndElementHandler = answer.end
    parser.CharacterDataHandler = answer.text
    parser.StartDoctypeDeclHandler = answer.doctype
    try:
        parser.Parse(data, True)
    # LookupError: the XML declaration names an encoding that does not exist.
    except (pyexpat.ExpatError, ValueError, LookupError):
        return None
    return answer.values


class _Answer:
    """Handlers of the parser: what has ended is in one list, an element notes where it begins."""

    __slots__ = ("_begins", "_open", "_text", "text", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._open = [""]
        self._begins: list[int] = []
        self._text: list[str] = []
        """Since the last tag."""
        self.text: Callable[[str], None] = self._text.append

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag not in _CONTENT.get(self._open[-1], ()):
            raise _Unusual(tag)
        self._open.append(tag)
        self._begins.append(len(self.values))
        self._text.clear()

    def end(self, tag: str) -> None:
        self._open.pop()
        begin = self._begins.pop()
        if tag in _FROM_TEXT:
            self.values.append(_FROM_TEXT[tag]("".join(self._text)))
        elif tag == "value" and len(self.values) == begin:
            self.values.append("".join(self._text))
        else:
            self.values[begin:] = [_FROM_VALUES[tag](self.values[begin:])]
        self._text.clear()

    def doctype(self, *declared: object) -> None:
        raise _Unusual(declared)


def _only(values: list[Any]) -> Any:
    (value,) = values
    return value


class _Name(str):
    """Text of a <name>, told apart from a string value."""

    __slots__ = ()


def _pair(values: list[Any]) -> tuple[str, Any]:
    name, value = values
    if type(name) is not _Name or type(value) is _Name:
        raise _Unusual(values)
    return str(name), value


_FROM_TEXT: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": str,
    "name": _Name,
    "int": int,
    "i4": int,
    # A KeyError is no ValueError, but a LookupError.
    "boolean": {"0": False, "1": True}.__getitem__,
    "double": float,
}
_FROM_VALUES: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "methodResponse": _only,
    "params": _only,
    "param": _only,
    "value": _only,
    "array": _only,
    "data": lambda values: values,
    "struct": dict,
    "member": _pair,
}
