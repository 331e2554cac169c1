"""ClientOptions: command line, file, defaults."""

import io
import os

from probe import each, show

from supervisor import options as o
from supervisor import supervisorctl

HERE = os.getcwd()

with open("s.conf", "w") as file:
    file.write(
        "[supervisorctl]\nserverurl=unix://%(here)s/s.sock\nusername=u\npassword=p\nprompt=hey\n"
        "history_file=%(here)s/history\n[ctlplugin:p]\nsupervisor.ctl_factory=os:getcwd\nA=b\n"
    )


def shown(options):
    """What scripts read."""
    names = ["serverurl", "username", "password", "prompt", "history_file", "args", "configfile"]
    values = [getattr(options, name) for name in [*names, "here"]]
    return eval(repr([*values, bool(options.interactive)]).replace(HERE, "HERE"))


def realized(*words):
    """Options after these words."""
    options = o.ClientOptions()
    options.realize(args=list(words), progname="ctl")
    return options


FILE = ("-c", f"{HERE}/s.conf")
show("file", lambda: shown(realized(*FILE)))
show("words win", lambda: shown(realized(*FILE, "-s", "http://h:1", "-u", "me", "-p", "pw")))
show("action", lambda: shown(realized(*FILE, "status", "a")))
show("interactive", lambda: shown(realized(*FILE, "-i", "status")))
show("plug-ins", lambda: realized(*FILE).plugin_factories[-1] == ("p", os.getcwd, {"a": "b"}))
show("configroot", lambda: realized(*FILE).configroot.supervisorctl.prompt)
show("proxy", lambda: realized(*FILE).getServerProxy())
each(
    "wrong",
    lambda words: realized(*words),
    [["-c", "/no/s.conf"], ["-s", "foo"], ["-x"], ["-c", FILE[1], "-r"]],
)
show("help", lambda: o.ClientOptions().realize(args=["-h"], doc="HELP OF %s", progname="ctl"))
os.unlink("s.conf")
os.chdir("/")
show("no file", lambda: shown(realized("x")))
section = o.ClientOptions().read_config(io.StringIO("[supervisorctl]\nserverurl=http://z:3\n"))
show("read_config", lambda: [section.serverurl, section.prompt, section.username])
show("read_config empty", o.ClientOptions().read_config, io.StringIO("[x]\na=b\n"))
show("through supervisorctl", lambda: supervisorctl.ClientOptions is o.ClientOptions)
