"""Expressions that are compiled when they are tried."""

import re
import subprocess
import sys

from supervisor.expressions import expression


def test_expression_does_what_re_does() -> None:
    """Whatever method is asked for, of texts as of bytes."""
    words = expression(r"[a-z]+")
    assert words.findall("ab, c") == re.compile(r"[a-z]+").findall("ab, c")
    assert words.sub("x", "ab, c") == "x, x"
    assert words.fullmatch("ab") and not words.fullmatch("a b")
    assert expression(rb"\n+").split(b"a\n\nb") == [b"a", b"b"]


def test_expression_is_not_compiled_before_it_is_tried() -> None:
    """A daemon has a hundred, and tries few of them."""
    script = (
        "import sys; from supervisor.expressions import expression; each = expression('a');"
        "print('re' in sys.modules); each.match('a'); print('re' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, check=True)
    assert done.stdout.split() == [b"False", b"True"]
