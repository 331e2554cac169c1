"""From templates and values to HTML: the only place where text becomes a part of a page.

A template is read by meld3 once. What has a `meld:id` in it is cut out as a fragment of its own;
`{name}` in text or in an attribute is where a value goes. After that a fragment is a line of
literal pieces, which is what makes a thousand rows a matter of milliseconds.

Every value is escaped, unless it is `Html`, which only this package makes.
"""

import os.path
import re

from supervisor.hints import Any, ClassVar, Iterable, Mapping, Sequence
from supervisor.web.pages import load_template

UI = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "ui")
"""Folder of templates, style sheet, script and images."""

_MELD_ID = "{http://www.plope.com/software/meld3}id"

_UNSAFE = re.compile(
    "[&<>\"'\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    "\ufffe\uffff\ud800-\udfff]"
)
"""What means something in HTML, what no document may contain, and what would change the order of
the text around it."""

_WRITTEN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_RESERVED = re.compile(rb"[^A-Za-z0-9_.~-]")
_BETWEEN_TAGS = re.compile(r"(?<=[>}])\n\s*(?=[<{])")
_PLACE = re.compile(r' data-attrs="\{(\w+)\}"|\{(\w+)\}')


class Html(str):
    """Text that is HTML already, and so stays as it is."""

    __slots__ = ()


NOTHING = Html()


def escape(text: str) -> Html:
    """Text of anybody as HTML, for content and for quoted attributes alike.

    Control characters, halves of surrogates and what reverses the direction of writing become
    U+FFFD.
    """
    if _UNSAFE.search(text) is None:
        return Html(text)
    return Html(_UNSAFE.sub(lambda found: _WRITTEN.get(found[0], "\ufffd"), text))


def joined(parts: Iterable[Html]) -> Html:
    """One piece of HTML after the other."""
    return Html("".join(parts))


def quoted(text: str) -> Html:
    """Percent-encoded for the query of a URL; the colon, too. Any name survives the way back."""
    if text.isalnum() and text.isascii():
        return Html(text)
    data = text.encode("utf-8", "surrogateescape")
    return Html(_RESERVED.sub(lambda found: b"%%%02X" % found[0][0], data).decode("ascii"))


def attributes(**values: str | bool) -> Html:
    """Attributes for a `data-attrs` of a template; True is one without a value, False is none.

    An underscore stands for a hyphen, and for nothing at the end: ``class_``.
    """
    written = NOTHING
    for name, value in values.items():
        if value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        written = Html(written + (f" {key}" if value is True else f' {key}="{as_html(value)}"'))
    return written


def as_html(value: str | int) -> Html:
    """What a value is in a page."""
    return value if isinstance(value, Html) else escape(str(value))


class Fragment:
    """A piece of a page with named places for values."""

    __slots__ = ("_format",)

    def __init__(self, html: str) -> None:
        pieces = []
        end = 0
        for found in _PLACE.finditer(html):
            pieces += [html[end : found.start()].replace("%", "%%"), f"%({found[1] or found[2]})s"]
            end = found.end()
        pieces.append(html[end:].replace("%", "%%"))
        self._format = "".join(pieces)

    def holding(self, **parts: "Sequence[Fragment] | Html") -> "Fragment":
        """The piece with others, or HTML, in some of its places; their places become its own."""
        made = Fragment("")
        made._format = self._format
        for place, part in parts.items():
            inner = (
                part.replace("%", "%%")
                if isinstance(part, Html)
                else "".join(each._format for each in part)
            )
            made._format = made._format.replace(f"%({place})s", inner)
        return made

    def fill(self, values: Mapping[str, Html]) -> Html:
        """The same for values that are HTML already: quicker, where there are thousands."""
        return Html(self._format % values)

    def __call__(self, **values: str | int) -> Html:
        """The piece with these values. Raises KeyError for a place without one."""
        for name, value in values.items():
            if type(value) is not Html:
                values[name] = escape(str(value))
        return Html(self._format % values)


def cut(root: Any) -> dict[str, Fragment]:
    """The fragments of a template by `meld:id`; the template itself is the one called ``page``.

    Where a fragment was there is a place of its name.
    """
    fragments: dict[str, Fragment] = {}
    elements = list(root.getiterator())
    # From the end to the beginning: those inside another one come before it.
    for element in reversed(elements):
        name = element.attrib.get(_MELD_ID)
        if name is None or element is root:
            continue
        tail, element.tail = element.tail, None
        fragments[name] = Fragment(_written(element))
        parent = element.parent
        place = parent[element.replace(f"{{{name}}}", structure=True)]
        place.tail = tail
        elements.append(place)
    fragments["page"] = Fragment(_written(root))
    for element in elements:
        # Parents and children hold each other: so they are gone at once, not at some later time.
        element.parent = None
    return fragments


def _written(element: Any) -> str:
    text: str = element.write_htmlstring(doctype=None).decode("utf-8")
    # Line breaks between tags and places are there for who reads the template.
    return _BETWEEN_TAGS.sub("", text)


class Template:
    """The fragments of one file, read when the first of them is asked for."""

    __slots__ = ("_fragments", "_name")

    all: ClassVar[list["Template"]] = []
    """Those of the modules that have been loaded."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fragments: dict[str, Fragment] | None = None
        self.all.append(self)

    def __getitem__(self, name: str) -> Fragment:
        """The fragment of that `meld:id`, ``page`` for all that is in no other. Raises KeyError."""
        if self._fragments is None:
            self._fragments = cut(load_template(os.path.join(UI, self._name)))
        return self._fragments[name]

    def read(self) -> None:
        """Read the file now."""
        self["page"]
