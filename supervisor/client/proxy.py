"""The daemon as an object with methods: what `xmlrpc.client.ServerProxy` is, for less.

A command of supervisorctl makes two or three small calls. `xmlrpc.client` loads a parser of e-mails
and TLS for that: 140 of the 400 million instructions of a `status` (decision 0015). So plain calls
and answers are carried out here, and everything else by `xmlrpc.client` itself, loaded when it
comes to that: its exceptions, its transport, its types, what it says about strange answers.
"""

from supervisor.client.address import SYSTEM_TRUST, Trust, parse_serverurl
from supervisor.client.credentials import authorization
from supervisor.client.exchange import Exchange, UnusualAnswer
from supervisor.hints import TYPE_CHECKING, Any, Self
from supervisor.wire.xmlrpc_calls import decode_answer, encode_call

if TYPE_CHECKING:
    import xmlrpc.client

RPC_PATH = "/RPC2"
LONG_BYTES = 16 * 1024
"""Answers that may be lists of hundreds of processes: there is a short way to read those."""


class ServerProxy:
    """Calls methods of one server, as `xmlrpc.client.ServerProxy` does; one connection is kept.

    Raises xmlrpc.client.Fault and ProtocolError, http.client.HTTPException and OSError; when it is
    made ValueError for a URL that is none of `unix://PATH`, `http://HOST[:PORT]`,
    `https://HOST[:PORT]`.
    """

    def __init__(
        self,
        serverurl: str | None,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        trust: Trust = SYSTEM_TRUST,
    ) -> None:
        address = parse_serverurl(serverurl, trust)
        self.__target = (serverurl, username, password, token, trust)
        self.__full: xmlrpc.client.ServerProxy | None = None
        """Carries out everything, once it is there."""
        self.__exchange: Exchange | None = None
        value = authorization(username, password, token)
        if Exchange.is_possible(address, value):
            self.__exchange = Exchange(address, RPC_PATH, value)

    def __getattr__(self, name: str) -> "_Method":
        return _Method(self.__request, name)

    def __call__(self, attr: str) -> Any:
        """What is not a method of the server: "close" and "transport". Raises AttributeError."""
        if attr == "close" and self.__full is None:
            return self.__close
        return self.__fully()(attr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.__close()

    def __close(self) -> None:
        if self.__exchange is not None:
            self.__exchange.close()
        if self.__full is not None:
            self.__full("close")()

    def __fully(self) -> "xmlrpc.client.ServerProxy":
        """The proxy that can do everything; from now on it does, with a connection of its own."""
        # Late: see above.
        from supervisor.client.transport import server_proxy

        if self.__full is None:
            self.__close()
            self.__full = server_proxy(*self.__target)
        return self.__full

    def __request(self, method: str, params: tuple[Any, ...]) -> Any:
        call = None
        if self.__full is None and self.__exchange is not None:
            call = encode_call(method, params)
        if call is None or self.__exchange is None:
            return getattr(self.__fully(), method)(*params)
        try:
            answer = self.__exchange.post(call)
        except UnusualAnswer as unusual:
            begun, connection = unusual.begun, unusual.connection
        else:
            return _value_of(answer)
        # Late: see above.
        from supervisor.client.transport import unusual_answer

        return _only(unusual_answer(begun, connection, RPC_PATH))


class _Method:
    """A method of the server, or a namespace with methods."""

    def __init__(self, request: Any, name: str) -> None:
        self.__request = request
        self.__name = name

    def __getattr__(self, name: str) -> "_Method":
        return _Method(self.__request, f"{self.__name}.{name}")

    def __call__(self, *args: Any) -> Any:
        return self.__request(self.__name, args)


def _value_of(answer: bytes) -> Any:
    if len(answer) >= LONG_BYTES:
        # Late: short answers need no expressions.
        from supervisor.client.answers import read_structs

        structs = read_structs(answer)
        if structs is not None:
            return structs
    plain = decode_answer(answer)
    if plain is not None:
        return plain[0]
    # Late: a fault, most often.
    from supervisor.client.transport import values_of

    return _only(values_of(answer))


def _only(values: tuple[Any, ...]) -> Any:
    """As `xmlrpc.client.ServerProxy`: an answer is one value, whatever else it might be."""
    return values[0] if len(values) == 1 else values
