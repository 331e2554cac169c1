"""Classes of the live objects, made outside of a daemon; helpers of the namespace."""

from probe import show

from supervisor import http, pidproxy
from supervisor import options as o
from supervisor import process as p
from supervisor import rpcinterface as r
from supervisor.states import ProcessStates
from supervisor.xmlrpc import RPCError

options = o.ServerOptions()
NAMES = o.ProcessConfig.req_param_names
PARAMS = {**dict.fromkeys(NAMES), "command": "/bin/cat", "priority": 3}
configs = [
    o.ProcessConfig(options, **{**PARAMS, "name": name, "priority": priority})
    for name, priority in [("b", 2), ("a", 2), ("c", 1)]
]
made = configs[0].make_process("group")
show("Subprocess", lambda: [made, made.config is configs[0], made.group])
show("fresh", lambda: [made.pid, made.state, made.get_state(), made.laststart, made.laststop])
show("flags", lambda: [made.killing, made.administrative_stop, made.system_stop, made.delay])
show("results", lambda: [made.exitstatus, made.spawnerr, made.backoff, made.dispatchers])
others = [config.make_process() for config in configs]
show("order", lambda: [each.config.name for each in sorted(others)])
group = o.ProcessGroupConfig(options, "g", 5, configs).make_group()
show("ProcessGroup", lambda: [group, sorted(group.processes), group.config.name])
show("ProcessGroupBase", lambda: isinstance(group, p.ProcessGroupBase))
show("nothing runs", lambda: group.get_unstopped_processes())
show("nothing connected", lambda: group.get_dispatchers())
other = o.ProcessGroupConfig(options, "h", 4, []).make_group()
show("order of groups", lambda: [other < group, group < other])
pool = o.EventListenerPoolConfig(options, "l", 5, [], 10, [], len).make_group()
show("EventListenerPool", lambda: [pool, isinstance(pool, p.ProcessGroupBase), pool.event_buffer])
show("FastCGIProcessGroup", lambda: issubclass(p.FastCGIProcessGroup, p.ProcessGroup))
show("FastCGISubprocess", lambda: issubclass(p.FastCGISubprocess, p.Subprocess))
show("ProcessStates", lambda: p.ProcessStates is ProcessStates)


class Serial:
    """A counter."""

    serial = 4


counter = Serial()
show("new_serial", lambda: [p.new_serial(counter), counter.serial])
show("GlobalSerial", lambda: isinstance(p.GlobalSerial.serial, int))


class Config:
    """A name."""

    def __init__(self, name):
        self.name = name


class Thing:
    """A group, or a process in a state."""

    def __init__(self, name, state=0):
        self.config = Config(name)
        self.state = state

    def get_state(self):
        return self.state


STATES = [code for name, code in sorted(vars(ProcessStates).items()) if name.isupper()]
for predicate in (r.isRunning, r.isNotRunning, r.isSignallable):
    show(predicate.__name__, lambda predicate=predicate: [
        (state, bool(predicate(Thing("p", state)))) for state in STATES
    ])  # fmt: skip
pairs = [(Thing("g"), Thing("a", 20)), (Thing("g"), Thing("b", 0)), (Thing("h"), Thing("c", 20))]


def start(namespec, wait=True):
    """What is done to each."""
    if namespec == "g:a":
        raise RPCError(60, namespec)
    return wait


all_of_them = r.make_allfunc(pairs, r.isRunning, start, wait=False)
show("make_allfunc", lambda: [callable(all_of_them), all_of_them.delay > 0])
results = all_of_them()
show("its results", lambda: results if isinstance(results, list) else all_of_them())
show("API_VERSION", lambda: r.API_VERSION)
show("make_main_rpcinterface", lambda: callable(r.make_main_rpcinterface))
proxy = pidproxy.PidProxy(["pidproxy", "/tmp/x.pid", "/bin/cat", "-n"])
show("PidProxy", lambda: [proxy.pidfile, proxy.abscmd, proxy.cmdargs])
for kind in (http.logtail_handler, http.mainlogtail_handler):
    show(kind.__name__, lambda kind=kind: [kind.IDENT, kind("supervisord").supervisord])
auth = http.supervisor_auth_handler({"u": "p"}, "handler")
show("supervisor_auth_handler", lambda: auth.handler)
