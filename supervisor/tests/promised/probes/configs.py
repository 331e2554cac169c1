"""ServerOptions and the objects for programs and groups."""

import io
import os

from probe import each, plain, show

from supervisor import datatypes
from supervisor import options as o

HEAD = """
[supervisord]
logfile=%(here)s/s.log
pidfile=%(here)s/s.pid
nodaemon=true
environment=GLOBAL="1"
identifier=me
loglevel=debug
umask=077
"""
REST = """
[unix_http_server]
file=%(here)s/s.sock
username=u
password=p
[inet_http_server:in]
port=127.0.0.1:9099
[program:cat]
command=/bin/cat %(program_name)s
environment=A="%(ENV_GLOBAL)s"
numprocs=2
process_name=%(program_name)s_%(process_num)02d
stdout_logfile=NONE
autorestart=true
user=root
[group:g]
programs=x
priority=5
[program:x]
command=/bin/cat
stopsignal=USR1
directory=/tmp
autorestart=false
umask=022
exitcodes=0,2
stdout_logfile=%(here)s/x.log
stderr_logfile=syslog
redirect_stderr=false
[eventlistener:l]
command=/bin/cat
events=TICK_5,PROCESS_STATE
buffer_size=20
[fcgi-program:f]
command=/bin/cat
socket=unix:///tmp/no/f.sock
[fcgi-program:t]
command=/bin/cat
socket=tcp://localhost:9100
socket_backlog=7
"""
HERE = os.getcwd()


def here(value):
    """The value with the directory of the probe replaced."""
    return eval(repr(plain(value)).replace(HERE, "HERE"))


def write(name, text):
    """Make a file."""
    with open(name, "w") as file:
        file.write(text)


write("s.conf", HEAD + REST)
options = o.ServerOptions()
show("mood", lambda: options.mood)
FRESH = ["logfile", "loglevel", "pidfile", "nodaemon", "silent", "user", "configfile", "configroot"]
show("fresh", lambda: [hasattr(options, name) for name in FRESH])
options.realize(args=["-c", f"{HERE}/s.conf"])
NAMES = [
    "configfile", "here", "logfile", "pidfile", "nodaemon", "silent", "umask", "directory",
    "identifier", "childlogdir", "loglevel", "logfile_maxbytes", "logfile_backups", "minfds",
    "minprocs", "nocleanup", "strip_ansi", "user", "uid", "gid", "serverurl", "httpservers",
    "args", "server_configs", "pidhistory", "parse_warnings",
]  # fmt: skip
for name in NAMES:
    show(f"options.{name}", lambda name=name: here(getattr(options, name)))
show("configroot", lambda: options.configroot.supervisord.identifier)
show("configroot environment", lambda: options.configroot.supervisord.environment)
for group in options.process_group_configs:
    kind = type(group).__name__
    show(f"group {group.name}", list, [kind, group.priority, len(group.process_configs)])
    for config in group.process_configs:
        values = {n: getattr(config, n) for n in vars(config) if n not in ("options", "settings")}
        show(f"process {config.name}", list, [type(config).__name__, here(values)])
        show(f"process {config.name} options", bool, config.options is options)
by_name = {group.name: group for group in options.process_group_configs}
pool = by_name["l"]
show("pool", lambda: [pool.buffer_size, sorted(plain(pool.pool_events))])
show("result_handler", lambda: pool.result_handler.__name__)
for name in "ft":
    socket = by_name[name].socket_config
    show(f"socket {name}", lambda socket=socket: [socket, socket.url, socket.get_backlog()])
show(
    "mode of socket f", lambda: [by_name["f"].socket_config.mode, by_name["f"].socket_config.owner]
)

# -- what a command line and a file can get wrong
WRONG = [["-c", "/no/s.conf"], ["-x"], ["word"], ["-e", "loud"], ["-c", "/tmp"]]
each("realize", lambda words: o.ServerOptions().realize(args=words, progname="sd"), WRONG)
show("help", lambda: o.ServerOptions().realize(args=["-h"], doc="HELP OF %s", progname="sd"))
options.progname = "sd"
show("usage", options.usage, "hello")
overridden = o.ServerOptions()
overridden.realize(args=["-c", "s.conf", "-i", "other", "-e", "warn", "-n", "-m", "011"])
show("words win", lambda: [overridden.identifier, overridden.loglevel, overridden.umask])
write("s.conf", HEAD + "[program:later]\ncommand=x\n")
show("process_config", lambda: options.process_config(do_usage=False))
show("reread", lambda: [group.name for group in options.process_group_configs])
write("s.conf", HEAD + "[program:later]\nstartsecs=1\n")
show("process_config wrong", lambda: here(options.process_config(do_usage=False)))
show("still", lambda: [group.name for group in options.process_group_configs])
section = o.ServerOptions().read_config(io.StringIO("[supervisord]\nidentifier=q\n"))
show("read_config", lambda: [section.identifier, section.nodaemon, section.loglevel])
show("read_config empty", o.ServerOptions().read_config, io.StringIO("[x]\na=1\n"))

# -- sections that plug-ins make
parser = o.UnhosedConfigParser()
parser.add_section("program:w")
parser.set("program:w", "command", "/bin/cat %(program_name)s %(group_name)s %(process_num)d")
parser.set("program:w", "numprocs", "2")
parser.set("program:w", "process_name", "%(program_name)s_%(process_num)d")


def made(**kwargs):
    """What is made of the section."""
    found = options.processes_from_section(parser, "program:w", "group", **kwargs)
    return [
        (type(each).__name__, each.name, each.command, each.priority, each.environment)
        for each in found
    ]


show("processes_from_section", made)
show("processes_from_section klass", lambda: made(klass=o.EventListenerConfig))
show(
    "_processes_from_section",
    lambda: len(options._processes_from_section(parser, "program:w", "g")),
)
parser.set("program:w", "startsecs", "soon")
show("wrong value", lambda: str(made()))
parser.set("program:w", "startsecs", "2")
parser.remove_option("program:w", "command")
show("no command", made)
show("no section", options.processes_from_section, parser, "program:no", "g")
parser.set("program:w", "command", "%(ENV_GLOBAL)s %(here)s")
show("names", lambda: here(made()))
show(
    "process_groups_from_parser",
    lambda: [g.name for g in options.process_groups_from_parser(parser)],
)
parser.add_section("inet_http_server:a")
parser.set("inet_http_server:a", "port", "9001")
show("server_configs_from_parser", options.server_configs_from_parser, parser)
parser.add_section("rpcinterface:r")
show("get_plugins without", options.get_plugins, parser, "factory", "rpcinterface:")
parser.set("rpcinterface:r", "factory", "os:getcwd")
parser.set("rpcinterface:r", "Key", "value")
show("get_plugins", lambda: [
    (name, factory is os.getcwd, values)
    for name, factory, values in options.get_plugins(parser, "factory", "rpcinterface:")
])  # fmt: skip
show("get_plugins none", options.get_plugins, parser, "factory", "other:")

# -- objects made by hand
names = [*o.ProcessConfig.req_param_names]
show("names of parameters", lambda: [names, list(o.ProcessConfig.optional_param_names)])
params = {**dict.fromkeys(names), "name": "n", "command": "/bin/cat", "priority": 3}
config = o.ProcessConfig(options, **params)
show("by hand", lambda: [config.name, config.priority, config.environment, config.serverurl])
show("no parameters", lambda: o.ProcessConfig(options))
later = o.ProcessConfig(options, **{**params, "priority": 4})
show("order", lambda: [config < later, later < config, sorted([later, config])[0] is config])
show("same", lambda: [config == o.ProcessConfig(options, **params), config == later, config == 1])
automatic = o.ProcessConfig(options, **{**params, "stdout_logfile": datatypes.Automatic})
named = o.ProcessConfig(options, **{**params, "stdout_logfile": "/x"})
show("automatic logs", lambda: [automatic == named, named == automatic, named == config])
show("get_path", lambda: config.get_path() == os.environ["PATH"].split(":"))
group = o.ProcessGroupConfig(options, "g", 5, [config])
show("group same", lambda: group == o.ProcessGroupConfig(options, "g", 5, [config]))
show("group other", lambda: group == o.ProcessGroupConfig(options, "g", 5, [later]))
pool = o.EventListenerPoolConfig(options, "g", 5, [config], 10, [], len)
show("pool same", lambda: pool == o.EventListenerPoolConfig(options, "g", 5, [config], 10, [], len))
show("pool other", lambda: pool == o.EventListenerPoolConfig(options, "g", 5, [config], 9, [], len))
show("pool and group", lambda: [pool == group, group == pool])
unix, other = datatypes.UnixStreamSocketConfig("/x"), datatypes.UnixStreamSocketConfig("/y")
fcgi = o.FastCGIGroupConfig(options, "g", 5, [config], unix)
show("fcgi same", lambda: fcgi == o.FastCGIGroupConfig(options, "g", 5, [config], unix))
show("fcgi other", lambda: fcgi == o.FastCGIGroupConfig(options, "g", 5, [config], other))
options.childlogdir = HERE
automatic.create_autochildlogs()
show("create_autochildlogs", lambda: automatic.stdout_logfile.startswith(f"{HERE}/n-stdout---me-"))
show("its file", lambda: os.path.getsize(automatic.stdout_logfile))

# -- small things
write("x", "abc")
show("exists", lambda: [options.exists("x"), options.exists("no")])
show("stat", lambda: options.stat("x").st_size)
show("open", lambda: options.open("x").read())
options.remove("x")
show("removed", lambda: os.path.exists("x"))
show("get_pid", lambda: options.get_pid() == os.getpid())
show("get_path of options", lambda: options.get_path() == os.environ["PATH"].split(":"))
reader, writer = os.pipe()
os.set_blocking(reader, False)
show("write", options.write, writer, "é")
show("readfd", options.readfd, reader)
show("readfd empty", options.readfd, reader)
options.close_fd(reader)
options.close_fd(reader)
show("close_fd", os.fstat, reader)
show("import_spec of options", lambda: options.import_spec("os:getcwd") is os.getcwd)
show("logger", lambda: options.getLogger(10).level)
show("get_socket_map", options.get_socket_map)
