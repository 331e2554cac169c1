"""A short cut for XML-RPC requests of some size that are plain, such as multicalls.

The parser of the standard library builds their elements in C: 11 µs for a call within a multicall
instead of 30 µs by handlers of ours, and such calls are most of what an event costs that a client
sends. The rule: what this module reads, it reads as the long way does (a law asks for that).
Whatever is unusual (document types, comments, attributes, encodings, another structure), not in
order, or near a limit is left to the long way, which knows what is wrong with it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

TAGS_MAX: Final = 50_000
VALUE_DEPTH_MAX: Final = 20
"""Values within values: three elements each, for which the long way has room for 128."""

_DECLARATION: Final = re.compile(
    rb"<\?xml version=['\"]1\.0['\"]"
    rb"(?: encoding=['\"](?:utf-8|us-ascii|iso-8859-1)['\"])?\s*\?>",
    re.IGNORECASE,
)
_UNUSUAL: Final = (b"<!", b"<?", b"='", b'="')

Scalars = Mapping[str, Callable[[str], Any]]


class _NotPlain(Exception):
    """For the long way."""


def decode_plain(data: bytes, scalars: Scalars) -> tuple[str, list[Any]] | None:
    """Method name and parameters of a plain call, None if it has to go the long way.

    `scalars` tells what the text of an element means, by its tag.
    """
    declaration = _DECLARATION.match(data)
    body = data[declaration.end() :] if declaration else data
    if not body.isascii() or any(mark in body for mark in _UNUSUAL) or body.count(b"<") > TAGS_MAX:
        return None
    parser = XMLParser()
    try:
        parser.feed(body)
        return _call(parser.close(), scalars)
    except (_NotPlain, ParseError, ValueError):
        return None


def _call(root: Element, scalars: Scalars) -> tuple[str, list[Any]]:
    if root.tag != "methodCall" or len(root) != 2:
        raise _NotPlain
    name, params = root
    if name.tag != "methodName" or len(name) or not name.text or params.tag != "params":
        raise _NotPlain
    values = []
    for param in params:
        if param.tag != "param" or len(param) != 1:
            raise _NotPlain
        values.append(_value(param[0], scalars, 1))
    return name.text, values


def _value(element: Element, scalars: Scalars, depth: int) -> Any:
    if element.tag != "value" or len(element) > 1 or depth > VALUE_DEPTH_MAX:
        raise _NotPlain
    if not len(element):
        return element.text or ""
    (inner,) = element
    tag = inner.tag
    if tag == "struct":
        return {_member_name(member): _value(member[1], scalars, depth + 1) for member in inner}
    if tag == "array":
        if len(inner) != 1 or inner[0].tag != "data":
            raise _NotPlain
        return [_value(each, scalars, depth + 1) for each in inner[0]]
    if len(inner):
        raise _NotPlain
    text = inner.text or ""
    if tag == "string":
        return text
    if tag not in scalars or tag == "name":
        raise _NotPlain
    return scalars[tag](text)


def _member_name(member: Element) -> str:
    if member.tag != "member" or len(member) != 2 or member[0].tag != "name" or len(member[0]):
        raise _NotPlain
    return member[0].text or ""
