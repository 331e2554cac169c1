"""The HTTP API below ``/api``: JSON for all that XML-RPC offers, made from the same methods.

Loaded by the first request for it. `operations` says what an operation is, `table` has all of
them, `router` finds the one that a request means.
"""

from supervisor.web.api.router import Router
from supervisor.web.api.table import all_operations
from supervisor.web.messages import Handler
from supervisor.web.site import Site


def make_api(site: Site) -> Handler:
    """The API of one server."""
    return Router(site, all_operations())
