"""What people are told about the keys of a process."""

import pytest

from supervisor.config.places import read_places
from supervisor.config.telling import ToldKey, told_keys
from supervisor.config.values import Origin
from supervisor.tests.config.machine import settings_of

PATH = "s.conf"

TEXT = """\
[supervisord]
environment = LANG="C"
[program:web]
directory = /tmp
command = /bin/web --name %(program_name)s
user = web
stopsignal = USR1
umask = 022
stdout_logfile_maxbytes = 1MB
stdout_logfile = NONE
autorestart = true
exitcodes = 0,2
environment = SECRET="x, y"
"""


def told(text: str, log_paths: dict[str, str] | None = None) -> dict[str, ToldKey]:
    group = settings_of(text).groups[0]
    keys = told_keys(group, group.processes[0], log_paths or {})
    assert len({each.key for each in keys}) == len(keys)
    return {each.key: each for each in keys}


def lines_of(keys: dict[str, ToldKey]) -> dict[str, int]:
    return {key: each.place.line for key, each in keys.items() if each.place is not None}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("command", "/bin/web --name web"),
        ("directory", "/tmp"),
        ("user", "web"),
        ("stopsignal", "USR1"),
        ("umask", "022"),
        ("stdout_logfile", "NONE"),
        ("stdout_logfile_maxbytes", "1MB"),
        ("stderr_logfile", "AUTO: /tmp/web-stderr.log"),
        ("stderr_logfile_maxbytes", "50MB"),
        ("autorestart", "true"),
        ("autostart", "true"),
        ("exitcodes", "0,2"),
        ("stopwaitsecs", "10"),
        ("serverurl", "AUTO"),
        ("process_name", "web"),
        ("environment", 'LANG="C", SECRET="x, y"'),
    ],
)
def test_values_are_told_as_a_file_would_say_them(key: str, value: str) -> None:
    assert told(TEXT, {"stderr_logfile": "/tmp/web-stderr.log"})[key].value == value


def test_values_of_variables_are_not_public() -> None:
    """Environment values are for admins only."""
    keys = told(TEXT)
    assert keys["environment"].public == "LANG, SECRET"
    assert all(each.value == each.public for key, each in keys.items() if key != "environment")


def test_keys_that_are_set_come_first_and_know_their_lines() -> None:
    keys = told(TEXT)
    lines = lines_of(keys)
    assert list(lines.items())[:3] == [("directory", 4), ("command", 5), ("user", 6)]
    assert list(keys)[: len(lines)] == list(lines)
    assert keys["startsecs"] == ToldKey("startsecs", "1", "1", None)


def test_keys_of_listeners_and_fastcgi_programs_are_told() -> None:
    keys = told("[eventlistener:ear]\ncommand=ear\nevents=TICK_5,PROCESS_STATE\n")
    assert (keys["events"].value, lines_of(keys)["events"]) == ("PROCESS_STATE,TICK_5", 3)
    assert keys["event_max_retries_action"].value == "drop"
    keys = told("[fcgi-program:php]\ncommand=php\nsocket=tcp://127.0.0.1:9000\n")
    assert (keys["socket"].value, lines_of(keys)["socket"]) == ("tcp://127.0.0.1:9000", 3)


def test_inherited_keys_know_their_lines() -> None:
    keys = told("[DEFAULT]\nstartsecs=5\ncommand=no\n[program:a]\ncommand=yes\n")
    assert (keys["startsecs"].value, keys["startsecs"].place) == ("5", Origin(PATH, 2))
    assert keys["command"].place == Origin(PATH, 5)


def test_nobody_pays_for_places_of_equal_settings() -> None:
    """Where something stands does not matter when settings are compared; siblings share it."""
    first = settings_of("[program:a]\ncommand=x\n").groups[0]
    second = settings_of("; moved\n\n[program:a]\ncommand=x\n").groups[0]
    assert first == second
    text = "[program:a]\ncommand=x\nnumprocs=2\nprocess_name=%(process_num)s\n"
    one, two = settings_of(text).groups[0].processes
    assert one.places is two.places


def test_settings_that_come_from_no_file_have_no_places() -> None:
    assert read_places("", PATH) == {}
