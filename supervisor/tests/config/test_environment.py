"""``environment=``: tokens compared with the standard library's shlex, pairs with the manual."""

import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.config.environment import (
    means_the_same_in_4_3,
    parse_pairs,
    parse_pairs_of_4_3,
    tokenize,
)

TEXTS = st.text(alphabet="AB=,'\"\\ \n\t#$日é|1;", max_size=14)
WORD_CHARACTERS = "/.+-():"


def oracle(text, posix):
    """Tokens of shlex, or the text of its error."""
    lexer = shlex.shlex(text, posix=posix)
    lexer.wordchars += WORD_CHARACTERS
    try:
        return list(lexer)
    except ValueError as error:
        return str(error)


@given(TEXTS)
def test_tokens_are_those_of_a_posix_shell_lexer(text):
    """Tokenised like shlex in POSIX mode."""
    try:
        tokens = tokenize(text)
    except ValueError as error:
        tokens = str(error)
    assert tokens == oracle(text, posix=True)


@given(TEXTS)
@example("1#\n1")
@example("1#x")
@example("1# 2\n 3,B='#'")
def test_reading_of_release_4_3_is_known(text):
    """Legacy mode, outer quotes stripped."""
    tokens = oracle("A=" + text, posix=False)
    expected = {}
    for index in range(0, len(tokens), 4):
        group = tokens[index : index + 3]
        if isinstance(tokens, str) or len(group) < 3 or group[1] != "=":
            expected = None
            break
        expected[group[0]] = group[2].strip("'\"")
    assert parse_pairs_of_4_3("A=" + text) == expected


@given(TEXTS)
def test_no_warning_is_due_where_both_readings_agree(text):
    """What is called harmless really is."""
    if not means_the_same_in_4_3(text):
        return
    try:
        variables = parse_pairs(text).variables
    except ValueError:
        return
    assert variables == parse_pairs_of_4_3(text)


@given(st.dictionaries(st.from_regex(r"[A-Za-z_]\w*", fullmatch=True), st.text()))
def test_quoted_values_survive(variables):
    """Quotes protect commas, blanks, #, = and any other character."""
    escaped = {k: v.replace("\\", r"\\").replace('"', r"\"") for k, v in variables.items()}
    text = ",".join(f'"{key}"="{value}"' for key, value in escaped.items())
    assert parse_pairs(text).variables == variables


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("A=b", {"A": "b"}),
        ("A=b,", {"A": "b"}),
        ("A=\"b c\",B='d,e'", {"A": "b c", "B": "d,e"}),
        ('A="1",\n  B="2"', {"A": "1", "B": "2"}),
        (r'A="x\"y"', {"A": 'x"y'}),
        (r"A=a\ b", {"A": "a b"}),
        (r'A="a\nb"', {"A": r"a\nb"}),
        ('A=""', {"A": ""}),
        ("A=a#b", {"A": "a"}),
        ("A=1,A=2", {"A": "2"}),
        ('"A"=b', {"A": "b"}),
        ("A=/bin:/usr/bin,B=(x)", {"A": "/bin:/usr/bin", "B": "(x)"}),
        ("A=%", {"A": "%"}),
    ],
)
def test_pairs_of_the_manual(text, variables):
    """The table of the grammar."""
    assert parse_pairs(text).variables == variables


@pytest.mark.parametrize(
    "text", ["A", "A=", "A=a=b", "A=a@b", "A=a,b", "A=1 B=2", ",A=b", "A=b,,B=c", "A=[1]"]
)
def test_incomplete_pairs_are_refused(text):
    """The whole text is in the message."""
    with pytest.raises(ValueError) as caught:
        parse_pairs(text)
    assert str(caught.value) == f"Unexpected end of key/value pairs in value {text!r}"


@pytest.mark.parametrize("value", ["x" * 100_000, r"\x" * 50_000, "x y " * 25_000])
def test_long_text_behind_a_quote_that_is_never_closed_is_refused(value):
    """At once: a daemon that is told to read its file again has children to look after."""
    with pytest.raises(ValueError, match="No closing quotation"):
        parse_pairs(f'A="{value}')


def test_quote_that_is_never_closed_is_refused():
    """It's the text of the standard library."""
    with pytest.raises(ValueError, match=r"^No closing quotation$"):
        parse_pairs("A=it's")
