"""Plug-ins of supervisorctl at a terminal."""

from pathlib import Path

from supervisor.tests.support.daemon import OUR_CTL, clean_environment
from supervisor.tests.support.terminal import ENTER, TAB, Typist

PROMPT = "supervisor> "

PLUGIN = '''
from supervisor.supervisorctl import ControllerPluginBase


class Plugin(ControllerPluginBase):
    def do_salute(self, arg):
        """salute <name>\\tGreet somebody"""
        self.ctl.output("Hello, " + arg)

    def do_stumble(self, arg):
        raise LookupError("no stairs")

    def do_farewell(self, arg):
        self.ctl.output("Good bye")
        return True
'''


def test_plugin_is_completed_fails_in_one_line_and_leaves_the_shell(tmp_path: Path) -> None:
    """Tab knows its commands; an error is a line and the shell goes on; a true result ends it."""
    (tmp_path / "salutes.py").write_text(PLUGIN)
    config = tmp_path / "c.conf"
    config.write_text(
        f"[supervisorctl]\nserverurl=unix://{tmp_path}/none\n"
        "[ctlplugin:x]\nsupervisor.ctl_factory=salutes:Plugin\n"
    )
    environment = clean_environment(OUR_CTL, {"PYTHONPATH": str(tmp_path)})
    with Typist([*OUR_CTL, "-c", str(config)], tmp_path, environment) as shell:
        shell.expect(PROMPT)
        shell.type(b"salu" + TAB + b"you" + ENTER)
        assert "Hello, you\n" in shell.expect(PROMPT)
        shell.type(b"help stu" + TAB + ENTER)
        assert "*** No help on stumble\n" in shell.expect(PROMPT)
        shell.line("stumble")
        said = shell.expect(PROMPT)
        assert "error: <class 'LookupError'>, no stairs: file: " in said
        assert "Traceback" not in said
        shell.line("farewell")
        said, code = shell.end()
        assert "Good bye\n" in said
        assert code == 0
