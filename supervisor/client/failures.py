"""The exceptions of large modules, and what they return, by names that load none of them.

What has not been loaded has not raised anything: as long as that is so, a name here stands for an
exception that nobody raises. So a command that is answered, or finds nobody to answer, needs
neither `xmlrpc.client` nor `http.client` with all that comes with them, and what plug-ins catch is
what they always caught.
"""

import sys

from supervisor.hints import TYPE_CHECKING, Any, Final, Mapping, NoReturn

if TYPE_CHECKING:
    from http.client import HTTPException as HTTPException
    from http.client import RemoteDisconnected as RemoteDisconnected
    from ssl import SSLEOFError as SSLEOFError
    from ssl import SSLError as SSLError
    from xml.parsers.expat import ExpatError as ExpatError
    from xmlrpc.client import Binary as Binary
    from xmlrpc.client import Error as Error
    from xmlrpc.client import Fault as Fault
    from xmlrpc.client import ProtocolError as ProtocolError
    from xmlrpc.client import ResponseError as ResponseError

    from supervisor.client.tls import TlsSettingsError as TlsSettingsError
else:
    _HOMES: Final[Mapping[str, str]] = {
        "HTTPException": "http.client",
        "RemoteDisconnected": "http.client",
        "SSLEOFError": "ssl",
        "SSLError": "ssl",
        "TlsSettingsError": "supervisor.client.tls",
        "ExpatError": "pyexpat",
        "Binary": "xmlrpc.client",
        "Error": "xmlrpc.client",
        "Fault": "xmlrpc.client",
        "ProtocolError": "xmlrpc.client",
        "ResponseError": "xmlrpc.client",
    }

    class _Unraised(Exception):
        """Stands for all exceptions that nothing can have raised so far."""

    def __getattr__(name: str) -> Any:
        """The class of that name; another one if nothing can have raised it."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(sys.modules.get(_HOMES[name]), name, _Unraised)


def raise_fault(code: int, text: str) -> NoReturn:
    """Raise xmlrpc.client.Fault, as if the daemon had answered so."""
    # Late: see above.
    import xmlrpc.client

    raise xmlrpc.client.Fault(code, text)


def is_no_socket_file(error: BaseException) -> bool:
    """True if connecting failed for want of the socket file (open() would name the file)."""
    return isinstance(error, FileNotFoundError) and error.filename is None
