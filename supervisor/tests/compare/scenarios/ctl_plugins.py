"""Plug-ins of supervisorctl: the same file under both shells (xmlrpc.md 6)."""

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_steps import ctl, until

PLUGIN = '''\
from supervisor.supervisorctl import ControllerPluginBase


class Plugin(ControllerPluginBase):
    def __init__(self, controller, **options):
        ControllerPluginBase.__init__(self, controller)
        self.options = options

    def do_keys(self, arg):
        """keys\\t\\tprint the keys of the section, and [the words]"""
        self.ctl.output("%s %s [%s]" % (self.name, sorted(self.options.items()), arg))

    def do_boom(self, arg):
        raise ValueError("boom")

    def do_fault(self, arg):
        """fault\\t\\tcall what is not there"""
        self.ctl.get_server_proxy("nosuch").thing()

    def do_leave(self, arg):
        return True

    def do_bail(self, arg):
        raise SystemExit(int(arg))

    def do_up(self, arg):
        if self.ctl.upcheck():
            self.ctl.output(self.ctl.get_supervisor().getState()["statename"])
            self.ctl.output(self.ctl.get_server_proxy().supervisor.getAPIVersion())

    def help_up(self):
        self.ctl.output("up\\t\\thelp of up")

    def do_status(self, arg):
        self.ctl.output("never reached")

    def do_set(self, arg):
        self.ctl.exitstatus = int(arg)

    def do_flt(self, arg):
        self.ctl.set_exitstatus_from_xmlrpc_fault(int(arg), 60)

    def do_inner(self, arg):
        self.ctl.onecmd("pid cat")

    def do_write(self, arg):
        self.ctl.stdout.write("written\\n")

    def do_look(self, arg):
        options = self.ctl.options
        self.ctl.output(str((options.username, options.password, options.prompt)))
        self.ctl.output(str([plugin.name for plugin in options.plugins]))
        self.ctl.output(str([word in self.ctl.vocab for word in ("keys", "status", "help", "x")]))
        self.ctl.output(self.ctl.prompt)


class Careless(ControllerPluginBase):
    def __init__(self, controller):
        self.ctl = controller

    def do_care(self, arg):
        """care\\t\\tnot at all"""
        self.ctl.output("does not care")


def make(controller, **options):
    return Plugin(controller, **options)


def broken(controller, **options):
    raise RuntimeError("no licence")
'''

CAT = """
[program:cat]
command=cat
startsecs=0
"""

PLUGINS = (
    CAT
    + """
[ctlplugin:zz]
supervisor.ctl_factory=plug:make
One=1
two=%(ENV_TWO)s
three=
[ctlplugin:aa]
supervisor.ctl_factory=plug:Careless
"""
)


def lines(*texts: str) -> tuple[Step, ...]:
    """Commands, each given as one line of words."""
    return tuple(ctl(*text.split(" ")) for text in texts)


def refused(name: str, factory: str) -> Scenario:
    """A shell whose plug-in cannot be made."""
    return Scenario(
        f"ctl_plugin_{name}",
        f"{CAT}[ctlplugin:x]\n{factory}",
        lines("version"),
        files={"plug.py": PLUGIN},
        environment={"PYTHONPATH": "{dir}"},
        starts=False,
    )


SCENARIOS = (
    Scenario(
        "ctl_plugins",
        PLUGINS,
        (
            until("cat", "RUNNING"),
            *lines("keys a b", "boom", "set 42", "flt 70", "flt 60", "bail 7", "help"),
            ctl(typed="fault\nup\nstatus\nwrite\ninner\nlook\ncare\n"),
            ctl(typed="boom\nkeys\nset 3\nleave\nkeys\n"),
            ctl(typed="set 3\nbail 7\nkeys\n"),
            # In one session: the output of each says which it is.
            ctl(typed="help keys\nhelp up\nhelp boom\nhelp care\nhelp nope\n"),
            ctl("help", "status"),
        ),
        files={"plug.py": PLUGIN},
        environment={"PYTHONPATH": "{dir}", "TWO": "second"},
    ),
    refused("without_a_factory", "other=1\n"),
    refused("that_is_not_there", "supervisor.ctl_factory=plug:nosuch\n"),
    refused("whose_module_is_not_there", "supervisor.ctl_factory=nosuch:make\n"),
    refused("that_fails", "supervisor.ctl_factory=plug:broken\n"),
)
