"""Short XML-RPC requests in the form that client libraries write, read by methods of strings.

Nearly all requests of programs, dashboards and `supervisorctl` are a method with a few texts and
numbers; `wire.xmlrpc_known` reads those with texts alone, in a quarter of the time. A daemon that
gets no others loads no parser of XML: that would be 4 % of its start, and 0.3 MiB. The rule: what
this module reads, it reads as the long way does (a law asks for that). Everything else (references,
comments, arrays, what is not in order) is left to the long way, which knows what is wrong with it.
`wire.xmlrpc_plain` is the same for requests that are long.
"""

from supervisor.hints import Any, Callable, Final, Mapping

PLAIN_BYTES: Final = b"\t\n" + bytes(set(range(0x20, 0x80)) - set(b"&"))
"""ASCII that stands for itself: no reference, no carriage return."""

DECLARATIONS: Final = frozenset(
    f"<?xml version={quote}1.0{quote}{encoding}"
    for quote in "'\""
    for encoding in ("", f" encoding={quote}utf-8{quote}", f" encoding={quote}UTF-8{quote}")
)
"""How documents may begin, each without its ``?>``."""

_TYPES: Final = ("string", "int", "i4", "boolean", "double")

_NEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("methodCall",),
    "methodCall": ("methodName",),
    "methodName": ("/methodName",),
    "/methodName": ("params",),
    "params": ("param", "/params"),
    "param": ("value",),
    "value": ("/value", *_TYPES),
    **{kind: (f"/{kind}",) for kind in _TYPES},
    **{f"/{kind}": ("/value",) for kind in _TYPES},
    "/value": ("/param",),
    "/param": ("param", "/params"),
    "/params": ("/methodCall",),
    "/methodCall": (),
}
"""Which tags may follow one."""

_WITH_TEXT: Final = frozenset({"methodName", "value", *_TYPES})
"""Tags with text behind them; behind all others is only space."""


def decode_short(
    data: bytes, scalars: Mapping[str, Callable[[str], Any]]
) -> tuple[str, list[Any]] | None:
    """Method name and parameters of a plain call, None if it has to go the long way.

    `scalars` tells what the text of a number means, by its tag.
    """
    if data.translate(None, PLAIN_BYTES):
        return None
    text = data.decode("ascii")
    if text.startswith("<?"):
        declaration, _, text = text.partition("?>")
        if declaration not in DECLARATIONS:
            return None
    before, *pieces = text.split("<")
    if before.strip():
        return None
    try:
        return _call([piece.split(">") for piece in pieces], scalars)
    except ValueError:
        # A number that is none, or a tag that does not end, or ends twice.
        return None


def _call(
    words: list[list[str]], scalars: Mapping[str, Callable[[str], Any]]
) -> tuple[str, list[Any]] | None:
    """The call that tags make, each with what stands behind it.

    Raises ValueError for what is no pair, and for numbers that are none.
    """
    method = untyped = last = ""
    params: list[Any] = []
    for tag, text in words:
        if tag not in _NEXT[last]:
            return None
        # Nearly always there is nothing, or the end of a line: that is seen without a call.
        if text and text != "\n" and tag not in _WITH_TEXT and text.strip():
            return None
        if tag == "methodName":
            method = text
        elif tag == "value":
            untyped = text
        elif tag == "/value" and last == "value":
            params.append(untyped)
        elif tag in _WITH_TEXT:
            if untyped and untyped.strip():
                return None
            params.append(text if tag == "string" else scalars[tag](text))
        last = tag
    return (method, params) if method and last == "/methodCall" else None
