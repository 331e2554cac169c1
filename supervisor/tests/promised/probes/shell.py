"""supervisor.supervisorctl: exit codes, the shell, a plug-in of it."""

import io
import os

from probe import each, show

from supervisor import supervisorctl as s

for kind in (s.LSBInitExitStatuses, s.LSBStatusExitStatuses):
    codes = {name: code for name, code in vars(kind).items() if name.isupper()}
    show(kind.__name__, dict, codes)
show("DEAD_PROGRAM_FAULTS", lambda: sorted(s.DEAD_PROGRAM_FAULTS))


class Plugin(s.ControllerPluginBase):
    """A plug-in."""

    def do_shout(self, arg):
        """shout <text>\tIn capitals."""
        self.ctl.output(arg.upper())

    def do_fail(self, arg):
        self.ctl.exitstatus = s.LSBInitExitStatuses.INVALID_ARGS

    def help_fail(self):
        self.ctl.output("fail\tFail.")

    def do_silent(self, arg):
        return None


def make_plugin(controller, **options):
    """The factory."""
    made.append(options)
    return Plugin(controller)


made = []
options = s.ClientOptions()
with open("s.conf", "w") as file:
    file.write(f"[supervisorctl]\nserverurl=unix://{os.getcwd()}/none.sock\n")
options.realize(args=["-c", "s.conf", "status"])
options.plugin_factories.append(("own", make_plugin, {"key": "value"}))
stdout = io.StringIO()
controller = s.Controller(options, stdout=stdout)


def told(line):
    """What a line prints, and the exit code after it."""
    stdout.seek(0)
    stdout.truncate()
    controller.exitstatus = s.LSBInitExitStatuses.SUCCESS
    controller.onecmd(line)
    return [stdout.getvalue(), controller.exitstatus]


show("factory", lambda: made)
show("plug-ins", lambda: [(type(each).__name__, each.name) for each in options.plugins])
each(
    "line", told, ["shout hello  you ", "fail", "silent", "help shout", "help fail", "help silent"]
)
show("stdout", lambda: controller.stdout is stdout)
show("options", lambda: controller.options is options)
show("own output", lambda: [controller.output("text"), stdout.getvalue().endswith("text\n")])
show("get_supervisor", lambda: controller.get_supervisor())
show("get_server_proxy", lambda: [controller.get_server_proxy(), controller.get_server_proxy("ns")])
show("vocab", lambda: {"start", "stop", "status", "shout"} <= set(controller.vocab))
show("fgthread", lambda: issubclass(s.fgthread, __import__("threading").Thread))
show(
    "DefaultControllerPlugin", lambda: issubclass(s.DefaultControllerPlugin, s.ControllerPluginBase)
)
