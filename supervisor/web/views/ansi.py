"""Terminal colours of log lines → classes of the style sheet; everything else of a terminal goes.

The rules: what a line looks like depends on its text alone, so each line begins plain, wherever a
reader came in. All colours become one of sixteen inks, which are readable on the pane in light
and dark; backgrounds are dropped. Other escape sequences and control characters are left out, and
an escape sequence that does not end on its line is none: its text is shown, never swallowed.
"""

import re

from supervisor.hints import Iterator, Sequence
from supervisor.tuples import NamedTuple

PARAMETERS_MAX = 64
"""Numbers of one SGR sequence that are looked at; the rest has no effect."""

# Control sequence; strings for the terminal (titles, links, pictures) up to their end; the other
# sequences of two or three characters; an introducer that introduces nothing; control characters.
_TOKEN = re.compile(
    r"(?:\x1b\[|\x9b)(?P<sgr>[0-9;:]*)m"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b[0-OQ-WYZ\\`-~]"
    r"|\x1b[\[\]PX^_]?"
    "|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]"
)

_BOLD, _DIM, _ITALIC, _UNDERLINE, _REVERSE = 1, 2, 3, 4, 7
_CLASS_OF = {_BOLD: "ab", _ITALIC: "ai", _UNDERLINE: "au", _REVERSE: "ar"}
_ENDS = {
    22: (_BOLD, _DIM),
    23: (_ITALIC,),
    24: (_UNDERLINE,),
    27: (_REVERSE,),
}
_DIM_INK = 8

# As terminals show them; only used to find the nearest one.
_PALETTE = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
_CUBE = (0, 95, 135, 175, 215, 255)


class Run(NamedTuple):
    """Text that looks the same from end to end."""

    classes: str
    """Names of classes with blanks between them, empty for plain text."""
    text: str


def paint(line: str) -> list[Run]:
    """The runs of a line: neighbours differ, none is empty."""
    runs: list[Run] = []
    style = _Style()
    for text, sgr in _pieces(line):
        if text:
            classes = style.classes()
            if runs and runs[-1].classes == classes:
                text = runs.pop().text + text
            runs.append(Run(classes, text))
        if sgr is not None:
            style.change(sgr)
    return runs


def plain(line: str) -> str:
    """The text of a line alone."""
    return _TOKEN.sub("", line)


def _pieces(line: str) -> Iterator[tuple[str, str | None]]:
    """Text, and the numbers of the SGR sequence behind it, if there is one."""
    at = 0
    for token in _TOKEN.finditer(line):
        yield line[at : token.start()], token["sgr"]
        at = token.end()
    yield line[at:], None


class _Style:
    __slots__ = ("_attributes", "_ink")

    def __init__(self) -> None:
        self._ink: int | None = None
        self._attributes: set[int] = set()

    def classes(self) -> str:
        """Names of classes, in a fixed order."""
        if self._ink is None and not self._attributes:
            return ""
        ink = _DIM_INK if self._ink is None and _DIM in self._attributes else self._ink
        names = [] if ink is None else [f"a{ink}"]
        names += [name for which, name in _CLASS_OF.items() if which in self._attributes]
        return " ".join(names)

    def change(self, sgr: str) -> None:
        """Take the numbers of a sequence: ``1;31``, ``38;5;208``, ``38:2::255:0:0``."""
        fields = sgr.split(";", PARAMETERS_MAX)[:PARAMETERS_MAX]
        at = 0
        while at < len(fields):
            sub = fields[at].split(":", 8)
            code = _number(sub[0])
            at += 1
            if code not in (38, 48, 58):
                # 4:0 ends underlining, 4:3 is a wavy one.
                self._set(24 if sub[:2] == ["4", "0"] else code)
                continue
            if len(sub) > 1:
                ink = _extended_ink(_without_colour_space(sub[1:]))
            else:
                taken = {5: 2, 2: 4}.get(_number(fields[at]) if at < len(fields) else -1, 1)
                ink = _extended_ink([_number(each) for each in fields[at : at + taken]])
                at += taken
            if code == 38 and ink is not None:
                self._ink = ink

    def _set(self, code: int) -> None:
        if code == 0:
            self._ink = None
            self._attributes.clear()
        elif code in _CLASS_OF or code == _DIM:
            self._attributes.add(code)
        elif code == 21:
            self._attributes.add(_UNDERLINE)
        elif code in _ENDS:
            self._attributes.difference_update(_ENDS[code])
        elif 30 <= code <= 37:
            self._ink = code - 30
        elif 90 <= code <= 97:
            self._ink = code - 82
        elif code == 39:
            self._ink = None


def _number(field: str) -> int:
    """A field as a number: an empty one is 0, one out of all proportion -1."""
    return int(field or "0") if len(field) <= 4 else -1


def _without_colour_space(fields: Sequence[str]) -> list[int]:
    """``2::R:G:B`` names a colour space that nobody uses; ``2:R:G:B`` leaves it out."""
    numbers = [_number(each) for each in fields]
    return [2, *numbers[2:5]] if numbers[0] == 2 and len(numbers) >= 5 else numbers


def _extended_ink(numbers: Sequence[int]) -> int | None:
    """Ink of ``5;N`` (256 colours) or ``2;R;G;B``; None for anything else."""
    if any(not 0 <= each <= 255 for each in numbers):
        return None
    if len(numbers) >= 2 and numbers[0] == 5:
        return _reduced(numbers[1])
    if len(numbers) >= 4 and numbers[0] == 2:
        return _nearest(numbers[1], numbers[2], numbers[3])
    return None


def _reduced(index: int) -> int:
    if index < 16:
        return index
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return _nearest(grey, grey, grey)
    index -= 16
    return _nearest(_CUBE[index // 36], _CUBE[index // 6 % 6], _CUBE[index % 6])


def _nearest(red: int, green: int, blue: int) -> int:
    return min(
        range(16),
        key=lambda ink: (
            (_PALETTE[ink][0] - red) ** 2
            + (_PALETTE[ink][1] - green) ** 2
            + (_PALETTE[ink][2] - blue) ** 2
        ),
    )
