"""Helpers of supervisor.options and supervisor.states: names, formats, files, wait statuses."""

import os
import signal

from probe import each, show

from supervisor import options as o
from supervisor import states as s

for pair in [("g", "p"), ("a", "a"), ("g", "*"), ("", "")]:
    show(f"make_namespec{pair!r}", o.make_namespec, *pair)
each("split_namespec", o.split_namespec, ["g:p", "a", "g:*", "g:", "a:b:c", "", ":p"])
show("VERSION is text", lambda: isinstance(o.VERSION, str))

for text in ["a", "%(x)s", "%(y)s", "%", "%%", "%(x)d", "%(n)02d", "%(x)"]:
    show(f"expand({text!r})", o.expand, text, {"x": "1", "n": 7}, "section.key")
each("normalize_path", o.normalize_path, ["/a/../b", "/a//b/", "~/x"])
show("normalize_path relative", lambda: o.normalize_path("x") == os.path.abspath("x"))

with open("log", "wb") as log:
    log.write(b"0123456789\xc3\xa9")
for pair in [(0, 0), (2, 3), (-3, 0), (-3, 2), (100, 1), (0, -1), (-100, 0), (0, 100)]:
    show(f"readFile{pair!r}", o.readFile, "log", *pair)
show("readFile missing", o.readFile, "no such", 0, 0)
for pair in [(0, 0), (2, 4), (0, 100), (12, 5), (100, 5), (0, -1), (0, 1)]:
    show(f"tailFile{pair!r}", o.tailFile, "log", *pair)
show("tailFile missing", o.tailFile, "no such", 0, 0)

each("decode_wait_status", o.decode_wait_status, [0, 256, 9, 139, 11, 65280, 127, 383, 64])
each("signame", o.signame, [15, 9, 2, 0, 99, 35, 34, 64, signal.SIGUSR1])
for name in ["BadCommand", "NotExecutable", "NotFound", "NoPermission"]:
    show(name, lambda name=name: issubclass(getattr(o, name), o.ProcessException))
show("ProcessException", lambda: issubclass(o.ProcessException, Exception))

for states in (s.ProcessStates, s.SupervisorStates, s.EventListenerStates):
    codes = {name: code for name, code in vars(states).items() if not name.startswith("_")}
    show(states.__name__, lambda codes=codes: codes)
show("STOPPED_STATES", lambda: s.STOPPED_STATES)
show("RUNNING_STATES", lambda: s.RUNNING_STATES)
show("SIGNALLABLE_STATES", lambda: s.SIGNALLABLE_STATES)
each("getProcessStateDescription", s.getProcessStateDescription, [0, 20, 200, 1000, 7, None])
each("getSupervisorStateDescription", s.getSupervisorStateDescription, [-1, 0, 1, 2, 7])
each("getEventListenerStateDescription", s.getEventListenerStateDescription, [10, 40, 7])
show("_process_states_by_code", lambda: s._process_states_by_code)
