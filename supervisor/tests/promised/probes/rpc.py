"""supervisor.xmlrpc, dispatchers, compat, supervisord: errors, tools, and the rest."""

import datetime
import io
import sys

from probe import each, plain, show

from supervisor import compat as c
from supervisor import dispatchers as d
from supervisor import supervisord
from supervisor import xmlrpc as x

codes = {name: code for name, code in vars(x.Faults).items() if not name.startswith("_")}
show("Faults", lambda: codes)
show("RPCError", lambda: [x.RPCError(10, "q").code, x.RPCError(10, "q").text, x.RPCError(6).text])
show("RPCError text", lambda: [str(x.RPCError(10, "q")), str(x.RPCError(999, "a"))])
x.Faults.OF_A_PLUGIN = 777
show("own fault", lambda: [x.getFaultDescription(777), x.RPCError(777, "w").text])
each("getFaultDescription", x.getFaultDescription, [1, 92, 5, 999])

each("capped_int", x.capped_int, [5, 2**31, -(2**31) - 1, 2**40, 5.9, "7", "x", True])
each("make_datetime", x.make_datetime, ["20261122T01:02:03", "2026-11-22T01:02:03", "x"])
show("make_datetime value", lambda: x.make_datetime("20261122T01:02:03").isoformat())
DOCSTRINGS = [
    " Start\n\n@param string name Process name (or ``g:*``)\n@param boolean wait Wait\n   longer\n"
    "@return boolean result     Always true\n\n",
    "",
    "no tags",
    "a\n@x\n@y t\n@z t n\n@w t n text here",
    "Line1\n Line2\n\nLine3\n@param a b c\n\n  cont\n\n@return x y",
    "email me@x.y\n@raise X text here now",
    "@param\tstring\tname\ttext",
]
for number, docstring in enumerate(DOCSTRINGS):
    show(f"gettags {number}", x.gettags, docstring)
stamp = datetime.datetime(2026, 1, 2, 3, 4, 5)
VALUES = ["a", ("a",), 5, {"a": 1}, [1, "x"], None, True, 1.5, b"x", 2**40, stamp]
for value in VALUES:
    show(f"xmlrpc_marshal({value!r})", x.xmlrpc_marshal, value)
show("xmlrpc_marshal fault", x.xmlrpc_marshal, x.xmlrpclib.Fault(1, "F"))


class Namespace:
    """Methods of all kinds."""

    attribute = 5

    def hello(self, a, b=2):
        return (a, b)

    def _private(self):
        return 1

    @staticmethod
    def static():
        return 1

    def fails(self):
        raise ValueError("inner")

    def refuses(self):
        raise x.RPCError(x.Faults.BAD_NAME, "zork")

    def documented(self, a):
        """Documented.

        @param string a  The a
        @return int x The x
        """


namespace = Namespace()
root = x.RootRPCInterface([("ns", namespace), ("other", object())])
show("RootRPCInterface", lambda: root.ns is namespace)
CALLS = [
    ("ns.hello", (1,)), ("ns.hello", ()), ("ns.hello", (1, 2, 3)), ("ns._private", ()),
    ("ns.static", ()), ("ns.attribute", ()), ("ns.missing", ()), ("zz.a", ()), ("ns", ()),
    ("ns.fails", ()), ("ns.refuses", ()), ("ns.hello.a", ()), ("", ()), ("_x.y", ()),
]  # fmt: skip
for method, params in CALLS:
    show(f"traverse({method!r}, {params!r})", x.traverse, root, method, params)

system = x.SystemNamespaceRPCInterface([("ns", namespace)])
show("namespaces", lambda: sorted(system.namespaces))
show("listMethods", system.listMethods)
show("_listMethods", lambda: system._listMethods()["ns.documented"].split("\n")[0].strip())
each("methodSignature", system.methodSignature, ["ns.documented", "ns.hello", "zz"])
each("methodHelp", lambda name: system.methodHelp(name).split()[:2], ["ns.documented", "ns.zz"])
show("methodHelp without docstring", system.methodHelp, "ns.hello")
show(
    "multicall",
    system.multicall,
    [
        {"methodName": "ns.hello", "params": [1]},
        {"methodName": "system.multicall", "params": []},
        {"methodName": "ns.refuses"},
        {"methodName": "ns.fails"},
        {"no": "name"},
    ],
)


class Slow:
    """Answers the third time that it is asked."""

    count = 0

    def slow(self):
        def answer():
            self.count += 1
            return "done" if self.count > 2 else x.NOT_DONE_YET

        answer.delay = 0.01
        return answer


later = x.SystemNamespaceRPCInterface([("s", Slow())]).multicall(
    [{"methodName": "s.slow"}, {"methodName": "s.slow"}]
)
show("multicall later", lambda: [callable(later), later.delay])
show("multicall answers", lambda: [later(), later(), later(), later()])
show("NOT_DONE_YET", lambda: x.NOT_DONE_YET)

URLS = ["http://h", "http://h:1", "unix:///x", "ftp://h", "foo", "HTTP://h"]
each("SupervisorTransport", lambda url: x.SupervisorTransport("u", "p", url).serverurl, URLS)
transport = x.SupervisorTransport("u", "p", "http://h")
show("transport", lambda: [transport.username, transport.password, transport.connection])
show("transport close", transport.close)
show("UnixStreamHTTPConnection", lambda: x.UnixStreamHTTPConnection("localhost").host)

STRIPPED = [
    b"a\x1b[31mred\x1b[0m b", b"\x1b[", b"", b"\x1b[2Jx", b"\x1b[1;2Hq", b"no", b"\x1b[99",
    b"\x1b]0;t\x07x", b"end\x1b",
]  # fmt: skip
each("stripEscapes", d.stripEscapes, STRIPPED)
show("accepted", d.default_handler, None, b"OK")
for result in [b"FAIL", b"ok", b"OK\n", b""]:
    show(f"rejected {result!r}", d.default_handler, None, result)
show("RejectEvent", lambda: issubclass(d.RejectEvent, Exception))
dispatcher = d.PDispatcher("process", "stdout", 7)
show("PDispatcher", lambda: vars(dispatcher))
show("PDispatcher readable", dispatcher.readable)
for kind in (d.POutputDispatcher, d.PInputDispatcher, d.PEventListenerDispatcher):
    show(kind.__name__, lambda kind=kind: issubclass(kind, d.PDispatcher))
listener = d.PEventListenerDispatcher
show("tokens", lambda: [listener.READY_FOR_EVENTS_TOKEN, listener.RESULT_TOKEN_START])
show("EventListenerStates", lambda: d.EventListenerStates.READY)

each("import_spec", c.import_spec, ["os", "no:x", "os:no"])
show("import_spec found", lambda: c.import_spec("os:getcwd") is __import__("os").getcwd)
for args in [("a",), (b"a",), ("é", "latin-1")]:
    show(f"as_bytes{args!r}", c.as_bytes, *args)
    show(f"as_string{args!r}", c.as_string, *args)
for stream in (io.StringIO(), io.BytesIO(), sys.stdout, object()):
    show(f"is_text_stream {type(stream).__name__}", c.is_text_stream, stream)
show("coding", lambda: [c.encodestring(b"x"), c.decodestring(b"eA=="), c.escape("<&>")])
show("hashes", lambda: [c.sha1(b"x").hexdigest(), c.md5(b"x").hexdigest()])
show("python 2", lambda: [c.PY2, c.long, issubclass(c.unicode, str), c.basestring])
show("maxint", lambda: c.maxint == sys.maxsize)
show("others", lambda: [c.letters, c.raw_input is input, c.StringIO, c.unichr(65)])
show("modules", lambda: [c.xmlrpclib.__name__, c.httplib.__name__, c.ConfigParser.__name__])
show("urls", lambda: [c.urllib.unquote("%41"), c.urlparse.urlparse("http://h/p").netloc])
show("Fault", lambda: c.Fault is c.xmlrpclib.Fault is x.xmlrpclib.Fault)
show("resource_filename", lambda: c.resource_filename("supervisor", "x").endswith("supervisor/x"))

for period, when in [(5, 1003), (60, 119.9), (3600, 7200)]:
    show(f"timeslice({period}, {when})", supervisord.timeslice, period, when)
show("SupervisorStates", lambda: plain(supervisord.SupervisorStates.RUNNING))
