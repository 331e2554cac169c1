"""supervisor.childutils: a listener's side of the conversation, capture tags, the proxy."""

import io
import re

from probe import each, show

from supervisor import childutils as c

ENVIRONMENT = {
    "SUPERVISOR_SERVER_URL": "unix:///tmp/no.sock",
    "SUPERVISOR_USERNAME": "u",
    "SUPERVISOR_PASSWORD": "p",
}


def transport(**changed):
    """What a transport is made of."""
    made = c.getRPCTransport({**ENVIRONMENT, **changed})
    return [made.username, made.password, made.serverurl]


show("getRPCTransport", transport)
show("inet", lambda: transport(SUPERVISOR_SERVER_URL="http://127.0.0.1:9001"))
show("no credentials", lambda: c.getRPCTransport({"SUPERVISOR_SERVER_URL": "http://h"}).username)
show("no daemon", c.getRPCTransport, {})
show("bad URL", lambda: transport(SUPERVISOR_SERVER_URL="ftp://h"))
show("getRPCInterface", lambda: c.getRPCInterface(ENVIRONMENT))
show("nobody there", lambda: c.getRPCInterface(ENVIRONMENT).supervisor.getState())

each("get_headers", c.get_headers, ["ver:3.0 len:5\n", "", "a:1  b:2", "a:b:c", "broken"])
each("eventdata", c.eventdata, ["a:1 b:2\ndata", "a:1\n", "\nx", "no line feed"])
stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
show("get_asctime", lambda: bool(re.fullmatch(stamp, c.get_asctime())))
show("get_asctime of", lambda: c.get_asctime(1234567890.25)[-3:])


def said(method, *args):
    """What a listener writes."""
    stream = io.StringIO()
    getattr(c.listener, method)(*args, stream)
    return stream.getvalue()


show("ready", said, "ready")
show("ok", said, "ok")
show("fail", said, "fail")
show("send", said, "send", "abc")
show("send letters", said, "send", "é")
stdin, stdout = io.StringIO("ver:3.0 len:7 pool:p\na:1\nxyz"), io.StringIO()
show("wait", lambda: c.listener.wait(stdin, stdout))
show("asked", stdout.getvalue)
show("end", lambda: c.listener.wait(io.StringIO(""), io.StringIO()))
talk = io.StringIO()
show("pcomm.send", c.pcomm.send, "hello", talk)
show("sent", talk.getvalue)
