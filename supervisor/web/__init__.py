"""HTTP connections, routes, authentication and the XML-RPC endpoint.

The package also carries the promised names of `supervisor.web`, for plug-ins that have pages. They
are imported on first use and from outside: nothing in here needs them.
"""

from supervisor.hints import Any
from supervisor.lean import import_module

_PROMISED = {
    "VIEWS": "views",
    "ViewContext": "views",
    "MeldView": "meldviews",
    "OKView": "meldviews",
    "StatusView": "statusview",
    "TailView": "statusview",
}
"""Name -> its module below `supervisor.promised`."""


def __getattr__(name: str) -> Any:
    """A promised name."""
    if name not in _PROMISED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"supervisor.promised.{_PROMISED[name]}"), name)
    if isinstance(found, type):
        # Where it is promised to be.
        found.__module__ = __name__
    globals()[name] = found
    return found
