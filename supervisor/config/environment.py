"""``environment=``: ``KEY=VALUE`` pairs, tokenised like a POSIX shell (manual, "Environment").

Grouping is older than the tokens: four tokens make a pair and its separator, whatever the
separator is. Text that the grouping skips or that follows a complete pair is lost; the pairs are
kept as they have always been, and the loss is told.
"""

import re
import string
from typing import NamedTuple

_LATIN_1_LETTERS = "".join(map(chr, [*range(0xDF, 0xF7), *range(0xF8, 0x100)])) + "".join(
    map(chr, [*range(0xC0, 0xD7), *range(0xD8, 0xDF)])
)
_WORD = frozenset(string.ascii_letters + string.digits + "_" + _LATIN_1_LETTERS + "/.+-():")
_BLANK = frozenset(" \t\r\n")
_NO_CLOSING_QUOTATION = "No closing quotation"
_NO_ESCAPED_CHARACTER = "No escaped character"

# Release 4.3: a quoted token ends with its quote, quotes inside a word are letters, and a
# backslash is nothing special. A lone quote in the result is one that was never closed.
_WORD_CLASS = "".join(map(re.escape, sorted(_WORD)))
_TOKEN_OF_4_3 = re.compile(
    rf"""#[^\n]*|[ \t\r\n]+|("[^"]*"|'[^']*'|[{_WORD_CLASS}][{_WORD_CLASS}'"]*|.)""", re.DOTALL
)


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
    tokens = [match[1] for match in _TOKEN_OF_4_3.finditer(text) if match[1]]
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
    return _Tokenizer(text).run()


class _Tokenizer:
    """One pass over the text; the position never moves back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index = 0

    def run(self) -> list[str]:
        tokens = []
        while (token := self._next()) is not None:
            tokens.append(token)
        return tokens

    def _next(self) -> str | None:
        text = self._text
        while self._index < len(text):
            character = text[self._index]
            if character in _BLANK:
                self._index += 1
            elif character == "#":
                self._skip_comment()
            elif character in _WORD or character in "'\"\\":
                return self._word()
            else:
                self._index += 1
                return character
        return None

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._index)
        self._index = len(self._text) if end < 0 else end + 1

    def _word(self) -> str:
        text = self._text
        pieces: list[str] = []
        while self._index < len(text):
            character = text[self._index]
            if character in _WORD:
                pieces.append(character)
                self._index += 1
            elif character == "'":
                pieces.append(self._single_quoted())
            elif character == '"':
                pieces.append(self._double_quoted())
            elif character == "\\":
                pieces.append(self._escaped())
            else:
                break
        return "".join(pieces)

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._index + 1)
        if end < 0:
            raise ValueError(_NO_CLOSING_QUOTATION)
        quoted = self._text[self._index + 1 : end]
        self._index = end + 1
        return quoted

    def _double_quoted(self) -> str:
        text = self._text
        pieces: list[str] = []
        index = self._index + 1
        while index < len(text) and text[index] != '"':
            if text[index] == "\\":
                if index + 1 == len(text):
                    raise ValueError(_NO_ESCAPED_CHARACTER)
                index += 1
                if text[index] not in '"\\':
                    pieces.append("\\")
            pieces.append(text[index])
            index += 1
        if index >= len(text):
            raise ValueError(_NO_CLOSING_QUOTATION)
        self._index = index + 1
        return "".join(pieces)

    def _escaped(self) -> str:
        if self._index + 1 == len(self._text):
            raise ValueError(_NO_ESCAPED_CHARACTER)
        escaped = self._text[self._index + 1]
        self._index += 2
        return escaped
