"""What is told from the declarations."""

from pathlib import Path

import docutils.core
import pytest

from supervisor import confecho
from supervisor.config.render import all_config_info, manual_tables, sample
from supervisor.config.sections import program
from supervisor.tests.config.machine import load, settings_of

ROOT = Path(__file__).parents[3]


def test_sample_file_in_the_repository_is_the_generated_one():
    """Write it anew with python -m supervisor.confecho > supervisord.conf.sample."""
    assert (ROOT / "supervisord.conf.sample").read_text() == sample()


def test_sample_is_printed(capsys):
    """echo_supervisord_conf prints it to stdout."""
    confecho.main()
    assert capsys.readouterr().out == sample()


def test_sample_is_a_usable_configuration_as_it_is():
    """Active sections make a daemon that supervisorctl can talk to."""
    text = sample()
    assert "Sample supervisor config file" in text.splitlines()[0]
    result = load(text)
    assert result.problems == ()
    assert result.settings.servers[0].file == "/tmp/supervisor.sock"
    assert result.settings.supervisord.pidfile == "/tmp/supervisord.pid"
    assert "\nserverurl=unix:///tmp/supervisor.sock" in text


@pytest.mark.parametrize("section", manual_tables())
def test_manual_tables_are_correct_markup(section):
    """Built without a warning."""
    table = manual_tables()[section]
    docutils.core.publish_string(
        table, settings_overrides={"halt_level": 2, "report_level": 5}, writer="null"
    )


def test_every_key_of_a_program_is_in_the_manual_and_the_sample():
    """A key that is declared appears by itself."""
    for option in program.OPTIONS.values():
        assert f"``{option.key}``" in manual_tables()["program"]
        assert f"\n;{option.key}=" in sample()


def test_config_info_has_the_keys_and_types_of_the_interface():
    """None is "none", AUTO is "auto"."""
    text = (
        "[program:b]\ncommand=y\nautorestart=true\nuser=web\n[program:a]\ncommand=x\npriority=3\n"
    )
    first, second = all_config_info(settings_of(text).groups, {"a"})
    assert first == {
        "autorestart": "unexpected",
        "autostart": True,
        "command": "x",
        "directory": "none",
        "exitcodes": [0],
        "group": "a",
        "group_prio": 3,
        "inuse": True,
        "killasgroup": False,
        "name": "a",
        "process_prio": 3,
        "redirect_stderr": False,
        "serverurl": "none",
        "startretries": 3,
        "startsecs": 1,
        "stderr_capture_maxbytes": 0,
        "stderr_events_enabled": False,
        "stderr_logfile": "auto",
        "stderr_logfile_backups": 10,
        "stderr_logfile_maxbytes": 52428800,
        "stderr_syslog": False,
        "stdout_capture_maxbytes": 0,
        "stdout_events_enabled": False,
        "stdout_logfile": "auto",
        "stdout_logfile_backups": 10,
        "stdout_logfile_maxbytes": 52428800,
        "stdout_syslog": False,
        "stopsignal": 15,
        "stopwaitsecs": 10,
        "uid": "none",
    }
    assert (second["name"], second["inuse"]) == ("b", False)
    assert (second["autorestart"], second["uid"]) == (True, 33)
