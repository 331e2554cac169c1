"""What the probes print with: a label, then a plain value or an exception.

The probes run by themselves, with this folder on the path, in the interpreter of the reference
and in ours; they import nothing of the suite.
"""

import builtins
import configparser


def show(label, function, *args, **kwargs):
    """Print what a call returns or raises, on one line."""
    try:
        result = repr(plain(function(*args, **kwargs)))
    except (Exception, SystemExit) as error:
        result = f"{_kind(error)}: {error}"
    text = result.replace("\n", "\\n")
    print(f"{label} -> {text}")


def each(name, function, values):
    """Print what a function makes of each value."""
    for value in values:
        show(f"{name}({value!r})", function, value)


def plain(value):
    """The value without what may differ in form only: enums, classes, addresses, kinds of lists."""
    if value is None or isinstance(value, bool | str | bytes):
        return value
    if isinstance(value, int | float):
        return int(value) if value == int(value) else value
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in sorted(value.items(), key=str)}
    if isinstance(value, list | tuple):
        return (
            type(value)(plain(each) for each in value)
            if type(value) in (list, tuple)
            else (tuple(plain(each) for each in value))
        )
    if isinstance(value, type):
        return f"class {value.__name__}"
    return f"<{type(value).__name__}>"


def _kind(error):
    """Name of the first class that code outside can catch by."""
    for kind in type(error).__mro__:
        if kind.__module__ == configparser.__name__ or hasattr(builtins, kind.__name__):
            return kind.__name__
        if kind.__name__ == "RPCError":
            return kind.__name__
    return type(error).__name__
