"""Tracebacks as text, for the main log.

What makes them, with what that needs itself, is loaded with the first mistake: it was a 25th of a
start of the daemon, and 0.2 MiB.
"""

import sys


def traceback_of(error: BaseException | None = None) -> str:
    """What Python would print of an exception (default: the one that is being handled).

    Lines with a line feed at the end of each.
    """
    if error is None:
        error = sys.exception()
    try:
        # Late: see above.
        from traceback import format_exception
    except (ImportError, OSError) as problem:
        # Without a free descriptor, say: the error itself must not be lost for that.
        return f"{error!r} (there is no traceback: {problem!r})\n"
    return "".join(format_exception(error))
