"""``environment=``: ``KEY=VALUE`` pairs, tokenised like a POSIX shell (manual, "Environment").

Grouping is older than the tokens: four tokens make a pair and its separator, whatever the
separator is. Text that the grouping skips or that follows a complete pair is lost; the pairs are
kept as they have always been, and the loss is told.
"""

from supervisor.expressions import expression
from supervisor.tuples import NamedTuple

_LATIN_1_LETTERS = "".join(map(chr, [*range(0xDF, 0xF7), *range(0xF8, 0x100)])) + "".join(
    map(chr, [*range(0xC0, 0xD7), *range(0xD8, 0xDF)])
)
_ASCII_WORD = r"A-Za-z0-9_/.+\-():"
_WORD = _ASCII_WORD + _LATIN_1_LETTERS
_OPENING = frozenset("'\"\\")
_NO_CLOSING_QUOTATION = "No closing quotation"
_NO_ESCAPED_CHARACTER = "No escaped character"

_SKIPPED = expression(r"(?:[ \t\r\n]+|#[^\n]*)*")
_WORD_START = expression(rf"[{_WORD}'\"\\]")
# What nearly every word looks like: one piece, and nothing joins it.
_SIMPLE_WORD = expression(rf"""(?:([{_WORD}]+)|"([^"\\]*)"|'([^']*)')(?=[ \t\r\n,=]|$)""")
# Possessive: text behind a quote that nothing closes is looked at once, not in all divisions.
_PIECE = expression(rf"""(?s:([{_WORD}]+)|'([^']*)'|"((?:[^"\\]++|\\.)*+)"|\\(.))""")
_ESCAPED_IN_QUOTES = expression(r"""\\(["\\])""")
_WHOLE_QUOTED_VALUE = expression(r"""=\s*(?:"[^"'\\]*"|'[^"'\\]*')(?=\s*(?:,|$))""")

# Release 4.3: words are ASCII, a quoted token ends with its quote, quotes inside a word are
# letters, and a backslash is nothing special. A lone quote is one that was never closed. A word
# goes on behind a comment that begins in it.
_COMMENT_OF_4_3 = r"#[^\n]*\n?"
_COMMENT_IN_WORD = expression(_COMMENT_OF_4_3)
_WORD_OF_4_3 = rf"""[{_ASCII_WORD}](?:[{_ASCII_WORD}'"]|{_COMMENT_OF_4_3})*"""
_TOKEN_OF_4_3 = expression(rf"""(?s:#[^\n]*|[ \t\r\n]+|("[^"]*"|'[^']*'|({_WORD_OF_4_3})|.))""")


class Pairs(NamedTuple):
    """The variables, and whether text was skipped on the way to them."""

    variables: dict[str, str]
    lost: str
    """A word that was skipped; empty if nothing was."""


def parse_pairs(text: str) -> Pairs:
    """Variables of a list of pairs. Raises ValueError with the reference text."""
    tokens = tokenize(text)
    variables: dict[str, str] = {}
    lost = ""
    for index in range(0, len(tokens), 4):
        group = tokens[index : index + 4]
        if len(group) < 3 or group[1] != "=":
            raise ValueError(f"Unexpected end of key/value pairs in value {text!r}")
        variables[group[0]] = group[2]
        if len(group) == 4 and group[3] != ",":
            lost = lost or group[3]
    return Pairs(variables, lost)


def parse_pairs_of_4_3(text: str) -> dict[str, str] | None:
    """What release 4.3 made of the same text, None if it refused it; only told, never used."""
    tokens = [
        _COMMENT_IN_WORD.sub("", match[2]) if match[2] else match[1]
        for match in _TOKEN_OF_4_3.finditer(text)
        if match[1]
    ]
    if '"' in tokens or "'" in tokens:
        return None
    variables: dict[str, str] = {}
    for index in range(0, len(tokens), 4):
        group = tokens[index : index + 3]
        if len(group) < 3 or group[1] != "=":
            return None
        variables[group[0]] = group[2].strip("'\"")
    return variables


def tokenize(text: str) -> list[str]:
    """Words with their quotes and escapes resolved, and single other characters."""
    skipped_at, simple_at, word_at = _SKIPPED.match, _SIMPLE_WORD.match, _WORD_START.match
    tokens = []
    index = 0
    while (skipped := skipped_at(text, index)) and (index := skipped.end()) < len(text):
        if (simple := simple_at(text, index)) and simple.lastindex:
            tokens.append(simple[simple.lastindex])
            index = simple.end()
        elif word_at(text, index):
            word, index = _word(text, index)
            tokens.append(word)
        else:
            tokens.append(text[index])
            index += 1
    return tokens


def means_the_same_in_4_3(text: str) -> bool:
    """Whether all quotes enclose whole values, so that release 4.3 certainly read it alike."""
    rest = _WHOLE_QUOTED_VALUE.sub("", text)
    return rest.isascii() and _OPENING.isdisjoint(rest)


def _word(text: str, start: int) -> tuple[str, int]:
    """The word that begins at `start`, and the index behind it."""
    pieces = []
    index = start
    piece_at = _PIECE.match
    while (piece := piece_at(text, index)) is not None:
        plain, single, double, escaped = piece.groups()
        if double is not None:
            pieces.append(_ESCAPED_IN_QUOTES.sub(r"\1", double))
        else:
            pieces.append(plain or single or escaped or "")
        index = piece.end()
    if index < len(text) and text[index] in _OPENING:
        raise ValueError(_why_unfinished(text, index))
    return "".join(pieces), index


def _why_unfinished(text: str, start: int) -> str:
    if text[start] == "'":
        return _NO_CLOSING_QUOTATION
    backslash_count = len(text) - len(text.rstrip("\\"))
    return _NO_ESCAPED_CHARACTER if backslash_count % 2 else _NO_CLOSING_QUOTATION
