"""XML-RPC on the side of the server: bytes of a request to a call, values to bytes of an answer.

The rule of this module: answers are byte for byte what the standard library's `xmlrpc.client`
writes, because scripts cut them with line tools, except for what would not be XML. Requests are
read without document types, entities or unknown structure, within limits. `xmlrpc.client` itself
is not used: it brings 9 MiB of modules (HTTP client, e-mail, TLS) into the daemon.
"""

import sys

from supervisor.errors import ProtocolViolation
from supervisor.expressions import expression
from supervisor.hints import Any, Callable
from supervisor.lean import import_module
from supervisor.wire.xmlrpc_short import decode_short

ELEMENT_DEPTH_MAX = 128
"""Elements within elements of a request; an array in an array takes three."""
ELEMENT_COUNT_MAX = 100_000
"""Elements of a request: about 7,500 calls in one multicall, read in about 0.2 s. Attributes count
as well: XML-RPC has none, those that some clients send (`xmlns:…`) are ignored."""
MARKUP_BYTES_MAX = 64 * 1024
"""A tag, comment or instruction that has not ended by then is refused: the parser reads it again
with each piece. Half of it is always read, for some look for its end only when it has doubled."""
FEED_BYTES = 16 * 1024
"""The parser gets a request in pieces of this size; after each the markup is measured."""
NUMBER_CHARS_MAX = 64
"""Characters of an int: reading one takes time that grows with the square of its length."""
TEXT_PIECE_BYTES = 64 * 1024
"""Text is handed over in pieces of this size: large ones for sendProcessStdin."""
SHORT_CUT_BYTES_MIN, SHORT_CUT_BYTES_MAX = 4 * 1024, 1024 * 1024
"""Bytes of a request that expressions may read: shorter ones are read by simpler means, and the
elements of larger ones are not all to be in memory together."""
VALUE_DEPTH_MAX = 64
"""Values within values of an answer."""
INT_MIN, INT_MAX = -(2**31), 2**31 - 1  # By the specification of XML-RPC.


class NoMethodName(ProtocolViolation):
    """A request that is well-formed but does not say which method is called."""


class Unmarshallable(TypeError):
    """A value that XML-RPC cannot express; the text says which, as a noun."""


_CONTENT: dict[str, frozenset[str]] = {
    "": frozenset({"methodCall"}),
    "methodCall": frozenset({"methodName", "params"}),
    "params": frozenset({"param"}),
    "param": frozenset({"value"}),
    "array": frozenset({"data"}),
    "data": frozenset({"value"}),
    "struct": frozenset({"member"}),
    "member": frozenset({"name", "value"}),
}
"""Which elements may stand in which. A `value` takes one of any name; all others only text."""


class _Name(str):
    """Text of a <name>, told apart from a string value."""

    __slots__ = ()


def _array(values: list[Any]) -> Any:
    if len(values) != 1:
        raise ValueError("an array needs one <data>")
    return values[0]


def _param(values: list[Any]) -> Any:
    if len(values) != 1:
        raise ValueError("a param needs one <value>")
    return values[0]


def _member(values: list[Any]) -> Any:
    if len(values) != 2 or not isinstance(values[0], _Name):
        raise ValueError("a member needs a <name> and then a <value>")
    return str(values[0]), values[1]


def _int(text: str) -> int:
    if len(text) > NUMBER_CHARS_MAX:
        raise ValueError(f"an int of more than {NUMBER_CHARS_MAX} characters")
    return int(text)


def _datetime(text: str) -> Any:
    # Imported here because it costs the daemon 0.7 MiB, and no method of ours takes a date.
    from datetime import datetime

    return datetime.fromisoformat(text.strip())


_FROM_VALUES: dict[str, Callable[[list[Any]], Any]] = {
    "param": _param,
    "array": _array,
    "data": lambda values: values,
    "struct": dict,
    "member": _member,
}
"""What an element with elements in it means once it ends."""

FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "name": _Name,
    "nil": lambda text: None,
    "int": _int,
    "i4": _int,
    "boolean": lambda text: text.strip() == "1",
    "double": float,
    "dateTime.iso8601": _datetime,
    "base64": lambda text: import_module("binascii").a2b_base64(text.encode()).decode(),
}
"""What an element with text in it means once it ends; any other is just its text."""


class _Request:
    """Handlers of the XML parser for one request.

    A hot path of unusual clients: a call within a multicall has 13 elements and takes 22 µs, 14 of
    which the parser takes. So all values are in one list, and an element notes where its begin.
    """

    __slots__ = ("_begins", "_count", "_open", "_text", "_values", "method", "params", "text")

    def __init__(self) -> None:
        self.method: str | None = None
        self.params: list[Any] = []
        self._open: list[str] = [""]
        self._begins: list[int] = []
        """Of each open element: how many values came before it."""
        self._values: list[Any] = []
        """Of what has ended, and stands in what has not."""
        self._text: list[str] = []
        """Since the last tag."""
        self.text: Callable[[str], None] = self._text.append
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        open_tags = self._open
        parent = open_tags[-1]
        if parent != "value" and tag not in _CONTENT.get(parent, ()):
            raise ValueError(f"<{tag[:40]}> cannot stand in <{parent[:40]}>")
        if len(open_tags) > ELEMENT_DEPTH_MAX:
            raise ValueError(f"more than {ELEMENT_DEPTH_MAX} elements within each other")
        self._count = count = self._count + 1 + len(attributes)
        if count > ELEMENT_COUNT_MAX:
            raise ValueError(f"more than {ELEMENT_COUNT_MAX} elements and attributes")
        open_tags.append(tag)
        self._begins.append(len(self._values))
        self._text.clear()

    def end(self, tag: str) -> None:
        self._open.pop()
        begin = self._begins.pop()
        values = self._values
        if tag == "value":
            count = len(values) - begin
            if count > 1:
                raise ValueError("a <value> holds one element")
            if not count:
                values.append("".join(self._text))
        elif tag == "string":
            values.append("".join(self._text))
        elif tag in _FROM_VALUES:
            values[begin:] = [_FROM_VALUES[tag](values[begin:])]
        elif tag == "methodName":
            self.method = "".join(self._text)
        elif tag == "params":
            self.params = values[begin:]
            del values[begin:]
        else:
            values.append(FROM_TEXT.get(tag, str)("".join(self._text)))
        self._text.clear()

    def doctype(self, *declared: object) -> None:
        # Nothing in XML-RPC needs one; entities that expand without end come in one.
        raise ValueError("document types are not accepted")


def _feed(parser: Any, data: bytes) -> None:
    """Let expat parse it piece by piece. Raises ValueError as soon as some markup is too large."""
    view = memoryview(data)
    for start in range(0, len(view), FEED_BYTES):
        piece = view[start : start + FEED_BYTES]
        parser.Parse(piece, False)
        # Text is taken from each piece as it comes; only markup waits for its end.
        if start + len(piece) - parser.CurrentByteIndex > MARKUP_BYTES_MAX:
            raise ValueError(f"a tag or comment of more than {MARKUP_BYTES_MAX} bytes")
    parser.Parse(b"", True)


def decode_request(data: bytes) -> tuple[str, list[Any]]:
    """Method name and parameters of a call.

    Base64 comes as text (UTF-8), a value of unknown type as its text, nil as None.
    Raises NoMethodName if the name is missing or empty, else ProtocolViolation.
    """
    call = None
    if len(data) < SHORT_CUT_BYTES_MIN:
        call = decode_short(data, FROM_TEXT)
    elif len(data) <= SHORT_CUT_BYTES_MAX:
        from supervisor.wire.xmlrpc_plain import decode_plain  # late: it takes 4 ms to load

        call = decode_plain(data, FROM_TEXT)
    return call if call is not None else decode_carefully(data)


def decode_carefully(data: bytes) -> tuple[str, list[Any]]:
    """The same by handlers of ours, for each request, with its limits and reasons."""
    # Late: usual clients send none that needs it, and it takes 0.3 MiB.
    from xml.parsers import expat

    request = _Request()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = TEXT_PIECE_BYTES
    parser.StartElementHandler = request.start
    parser.EndElementHandler = request.end
    parser.CharacterDataHandler = request.text
    parser.StartDoctypeDeclHandler = request.doctype
    try:
        _feed(parser, data)
    # LookupError: the XML declaration names an encoding that does not exist.
    except (expat.ExpatError, ValueError, LookupError) as problem:
        raise ProtocolViolation(
            f"cannot read XML-RPC request: {problem}", offset=max(0, parser.CurrentByteIndex)
        ) from problem
    if not request.method:
        raise NoMethodName("cannot call a method: the request has no method name")
    return request.method, request.params


_HEAD = "<?xml version='1.0'?>\n<methodResponse>\n"
_TAIL = "</methodResponse>\n"
RESPONSE_BEGIN, RESPONSE_END = f"{_HEAD}<params>\n<param>\n", f"</param>\n</params>\n{_TAIL}"
"""What stands around the value of an answer."""
ARRAY_BEGIN, ARRAY_END = "<value><array><data>\n", "</data></array></value>\n"
_BOOLEANS = tuple(f"<value><boolean>{value}</boolean></value>\n" for value in (0, 1))
_PLAIN_BYTES = b"\t\n" + bytes(range(0x20, 0x80))
_SUBSTITUTE = 0x1A
"""The control character of ASCII that stands for one that cannot be sent."""
_TO_SUBSTITUTE = bytes(
    _SUBSTITUTE if byte < 0x20 and byte not in b"\t\n\r" else byte for byte in range(256)
)
_FFFD, _FFFE, _FFFF = "\ufffd".encode(), "\ufffe".encode(), "\uffff".encode()
_SURROGATES = expression("[\ud800-\udfff]")
MEMBER_NAMES_MAX = 512
"""Names of members that are remembered, see `_Heads`."""


def escape(text: str) -> str:
    """A text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Heads(dict[str, str]):
    """What stands before the value of a member: kept, because structs repeat their names."""

    def __missing__(self, name: str) -> str:
        if not isinstance(name, str):
            raise Unmarshallable(f"a struct with the key {name!r}, which is not a string")
        head = f"<member>\n<name>{escape(name)}</name>\n"
        if len(self) < MEMBER_NAMES_MAX:
            self[name] = head
        return head


_heads = _Heads()


def write_value(value: Any, out: list[str], depth: int) -> None:
    """Write one <value>; the exact types come first, they are nearly all."""
    kind = type(value)
    if kind is str:
        out.append(f"<value><string>{escape(value)}</string></value>\n")
    elif kind is int:
        if not INT_MIN <= value <= INT_MAX:
            raise Unmarshallable(f"the int {value}, which needs more than 32 bits")
        out.append(f"<value><int>{value}</int></value>\n")
    elif kind is bool:
        out.append(_BOOLEANS[value])
    elif kind is dict:
        _write_struct(value, out, depth)
    elif kind is list or kind is tuple:
        _write_array(value, out, depth)
    elif kind is float:
        out.append(f"<value><double>{value!r}</double></value>\n")
    else:
        _write_rare(value, out, depth)


def deeper(depth: int) -> int:
    """The depth of what is within a value. Raises Unmarshallable beyond the limit."""
    if depth >= VALUE_DEPTH_MAX:
        raise Unmarshallable(f"more than {VALUE_DEPTH_MAX} values within each other")
    return depth + 1


def _write_struct(struct: dict[Any, Any], out: list[str], depth: int) -> None:
    """Write a struct; its plain strings and ints at once, a thousand process infos are those."""
    depth = deeper(depth)
    heads, int_min, int_max = _heads, INT_MIN, INT_MAX
    out.append("<value><struct>\n")
    for name, value in struct.items():
        kind = type(value)
        if kind is str and not ("&" in value or "<" in value or ">" in value):
            out += heads[name], "<value><string>", value, "</string></value>\n</member>\n"
        elif kind is int and int_min <= value <= int_max:
            out += heads[name], "<value><int>", str(value), "</int></value>\n</member>\n"
        else:
            out.append(heads[name])
            write_value(value, out, depth)
            out.append("</member>\n")
    out.append("</struct></value>\n")


def _write_array(array: list[Any] | tuple[Any, ...], out: list[str], depth: int) -> None:
    depth = deeper(depth)
    out.append(ARRAY_BEGIN)
    for value in array:
        if value is True:
            out.append(_BOOLEANS[1])  # What most commands answer: in a fifth of the time.
        else:
            write_value(value, out, depth)
    out.append(ARRAY_END)


def _write_rare(value: Any, out: list[str], depth: int) -> None:
    """Bytes, dates, and subclasses such as members of an IntEnum."""
    if isinstance(value, bytes | bytearray):
        # 57 bytes make a line of 76 characters (RFC 2045). Late: few send any, and it is 0.1 MiB.
        encoded = import_module("binascii").b2a_base64
        lines = (encoded(value[i : i + 57]) for i in range(0, len(value), 57))
        out.append(f"<value><base64>\n{b''.join(lines).decode()}</base64></value>\n")
        return
    # Without the module nobody can have made a date: no need to import it.
    datetime = sys.modules.get("datetime")
    if datetime is not None and isinstance(value, datetime.datetime):
        # Not strftime: it does not pad years below 1000.
        stamp = (
            f"{value.year:04}{value.month:02}{value.day:02}"
            f"T{value.hour:02}:{value.minute:02}:{value.second:02}"
        )
        out.append(f"<value><dateTime.iso8601>{stamp}</dateTime.iso8601></value>\n")
        return
    plain: type[Any]
    for plain in (str, int, float, dict, list, tuple):
        if isinstance(value, plain):
            write_value(plain(value), out, depth)
            return
    raise Unmarshallable(f"a value of type {type(value).__name__}")


def document(pieces: list[str]) -> bytes:
    """Bytes of an answer; what XML 1.0 cannot carry becomes U+FFFD.

    Done once for all texts, which is faster than for each: the mark-up has no such characters.
    Carriage returns are written as references, because parsers turn bare ones into line feeds.
    """
    text = "".join(pieces)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        # Only from a plug-in or a name that is not UTF-8: no log is read into surrogates.
        data = _SURROGATES.sub("\ufffd", text).encode()
    if not data.translate(None, _PLAIN_BYTES):
        return data
    # A log may be megabytes of control characters: a table, and replacements of equal length, run
    # at the speed of memory.
    if not data.isascii():
        data = data.replace(_FFFE, _FFFD).replace(_FFFF, _FFFD)
    data = data.translate(_TO_SUBSTITUTE)
    if _SUBSTITUTE in data:
        data = data.decode().replace(chr(_SUBSTITUTE), "\ufffd").encode()
    return data.replace(b"\r", b"&#13;")


def encode_response(value: Any) -> bytes:
    """The answer to a call that went well.

    Raises Unmarshallable: None, ints beyond 32 bits, keys that are no strings, and other types.
    """
    # Nested tuples are arrays; a bare one has always been refused and is most likely a mistake.
    if isinstance(value, tuple):
        raise Unmarshallable("a tuple instead of a list")
    pieces = [RESPONSE_BEGIN]
    write_value(value, pieces, 0)
    pieces.append(RESPONSE_END)
    return document(pieces)


def encode_fault(code: int, text: str) -> bytes:
    """The answer to a call that was refused."""
    pieces = [_HEAD, "<fault>\n"]
    write_value({"faultCode": int(code), "faultString": text}, pieces, 0)
    pieces += "</fault>\n", _TAIL
    return document(pieces)
