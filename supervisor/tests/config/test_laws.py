"""Whatever a file holds: settings or problems, never an exception."""

from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.ctl import load_ctl_settings
from supervisor.config.flags import CtlFlags, UsageError
from supervisor.config.problems import PROBLEMS_MAX, render_report
from supervisor.config.render import all_config_info, sample
from supervisor.config.sections import program
from supervisor.errors import ConfigProblem
from supervisor.tests.config.golden import GOLDEN
from supervisor.tests.config.machine import FakeMachine, load

REALISTIC = (GOLDEN / "valid" / "web.conf").read_bytes()
STRANGE_VALUES = """
%
%%
%(x)s
%s

-1
999999999999999999999999999999
\0
é
0
true
a,,b
'
/tmp/x
*
"""
VALUES = st.sampled_from(STRANGE_VALUES.split("\n"))
KEYS = st.sampled_from([option.key for option in program.OPTIONS.values()])
OTHER_KEY_WORDS = """
programs events buffer_size socket socket_owner port file chmod username password files
serverurl minfds logfile supervisor.ctl_factory supervisor.rpcinterface_factory
"""
OTHER_KEYS = st.sampled_from(OTHER_KEY_WORDS.split())
SECTION_WORDS = """
supervisord program:a program:b group:g eventlistener:e fcgi-program:f unix_http_server
inet_http_server:x rpcinterface:r include DEFAULT supervisorctl ctlplugin:c program: other
"""
SECTIONS = st.sampled_from(SECTION_WORDS.split())
ENTRIES = st.lists(st.tuples(KEYS | OTHER_KEYS, VALUES), max_size=5)


def judge(result):
    """Check what holds for every result."""
    assert all(isinstance(problem, ConfigProblem) for problem in result.problems)
    assert (result.settings is None) == (result.first_error() is not None)
    assert len(result.problems) <= PROBLEMS_MAX + 2
    assert render_report(result.problems).endswith("\n")
    for problem in result.problems:
        assert problem.message
    if result.settings is not None:
        all_config_info(result.settings.groups, {"a"})


@given(st.binary(max_size=300))
def test_any_bytes_give_settings_or_problems(data):
    """A file is judged, whatever it holds."""
    judge(load(data))


@given(st.integers(0, len(REALISTIC)), st.integers(0, 40), st.binary(max_size=10))
def test_damaged_realistic_file_gives_settings_or_problems(start, length, noise):
    """A piece cut out, noise put in."""
    judge(load(REALISTIC[:start] + noise + REALISTIC[start + length :]))


@given(st.lists(st.tuples(SECTIONS, ENTRIES), max_size=6))
def test_any_keys_in_any_sections_give_settings_or_problems(sections):
    """Known keys with strange values, in sections they do not belong to."""
    lines = []
    for section, entries in sections:
        lines.append(f"[{section}]")
        lines += [f"{key}={value}" for key, value in entries]
    text = "\n".join(lines)
    judge(load(text))
    try:
        machine = FakeMachine(files={"/start/s.conf": text.encode()})
        load_ctl_settings("s.conf", CtlFlags(), machine)
    except UsageError as error:
        assert error.message


def test_many_sections_are_read():
    """5,000 sections."""
    text = "[supervisord]\n" + "".join(f"[program:p{n}]\ncommand=x\n" for n in range(5000))
    assert len(load(text).settings.groups) == 5000


def test_large_file_with_many_mistakes_gives_a_report_of_bounded_length():
    """10 MB of lines that nobody understands."""
    text = "[supervisord]\n"
    text += "".join(f"key{n} = some value of a key that nobody knows\n" for n in range(5_000))
    text += ("; " + "a comment that fills the file " * 30 + "\n") * 11_000
    result = load(text)
    judge(result)
    assert "more were found" in str(result.problems[-1])


def test_file_without_end_of_line_of_ten_megabytes_is_read():
    """One value of 10 MB."""
    result = load("[supervisord]\nidentifier=" + "x" * 10_000_000)
    assert len(result.settings.supervisord.identifier) == 10_000_000


def test_larger_file_than_allowed_is_refused(monkeypatch):
    """The limit is named."""
    monkeypatch.setattr("supervisor.config.document.FILE_BYTES_MAX", 20)
    assert load("[supervisord]\n" + " " * 10).first_error().message == (
        "cannot read s.conf: larger than 20 bytes"
    )


def test_sample_with_all_lines_active_is_understood():
    """Every example in the sample is a correct value of its key."""
    lines = []
    for line in sample().splitlines():
        is_setting = line[:1] == ";" and line[1:2] not in (" ", "") and ("=" in line or "[" in line)
        lines.append(line[1:] if is_setting else line)
    text = "\n".join(lines).replace("/a/path", "/tmp/x").replace("user=supervisord", "user=web")
    text = text.replace("uid=alice", "uid=web").replace("$...", f"${'A' * 22}${'A' * 43}")
    text = text.replace("{SHA256}...", f"{{SHA256}}{'0' * 64}")
    text += "\n[program:worker]\ncommand=x\n"
    machine = {"entry_points": {"supervisor.dispatchers": object()}}
    result = load(text, **machine)
    assert [str(p) for p in result.problems if "No file matches" not in p.message] == []
