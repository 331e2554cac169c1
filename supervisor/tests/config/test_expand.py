"""Expansions: who sees which names, and what happens to a percent sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.expand import FormatError, expand
from supervisor.tests.config.machine import first_error, process_of, settings_of, warnings_of

NAMES = {"here": "/etc", "process_num": 3}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("%(here)s/x", "/etc/x"),
        ("%(process_num)02d", "03"),
        ("%(process_num)d%%", "3%"),
        ("%%(here)s", "%(here)s"),
        ("%(here)6s|", "  /etc|"),
        ("date +%s", "date +%s"),
        ("%%s %s", "%s %s"),
    ],
)
def test_formats_are_replaced(text, result):
    """Python's % formats over a mapping; a single nameless one stays."""
    assert expand(text, NAMES, "x") == result


@pytest.mark.parametrize(
    "text",
    ["%", "100%", "%Y", "%(here", "%(here)", "%(here)d", "%s %s", "%d", "%*s", "%(here)99999s"],
)
def test_malformed_formats_are_refused(text):
    """The message repeats the text and the label."""
    with pytest.raises(FormatError) as caught:
        expand(text, NAMES, "s.key")
    assert str(caught.value).startswith(f"Format string {text!r} for 's.key' is badly formatted: ")


@given(st.text(alphabet="%()shererd0123.*-+ #process_numYl", max_size=20))
def test_any_text_gives_a_text_or_a_format_error(text):
    """Nothing else is raised, and nothing grows without bound."""
    try:
        assert len(expand(text, NAMES, "x")) < 100_000
    except FormatError as error:
        assert repr(text) in str(error)


@given(st.text())
def test_doubled_percent_signs_survive_as_one(text):
    """A literal % must be doubled."""
    assert expand(text.replace("%", "%%"), NAMES, "x") == text


def test_nameless_format_is_told():
    """The reference would put all variables there; here it stays, with a warning."""
    text = "[program:a]\ncommand=date +%s\n"
    assert settings_of(text).groups[0].processes[0].command == "date +%s"
    assert any("write %% for a percent sign" in line for line in warnings_of(text))


def test_values_of_variables_are_not_expanded_again():
    """A variable FOO_%s_%% reaches children unchanged."""
    process = process_of("environment=X=%(ENV_V)s", environ={"V": "'%s %%(here)s'"})
    assert process.environment == {"X": "%s %%(here)s"}


def test_own_environment_is_seen_by_the_keys_of_each_process():
    """command, logs and process_name see the program's own environment."""
    process = process_of('environment=PORT="80%(process_num)02d"\ndirectory=/%(ENV_PORT)s')
    assert process.directory == "/8000"


def test_own_environment_is_not_seen_by_keys_evaluated_once():
    """startsecs and its like see the process environment and that of [supervisord]."""
    text = '[program:a]\ncommand=x\nenvironment=N="1"\nstartsecs=%(ENV_N)s\n'
    assert "contains names ('ENV_N')" in first_error(text)


def test_environment_of_supervisord_is_seen_by_all_sections():
    """Every key of [supervisord] environment is available as ENV_x."""
    text = '[supervisord]\nenvironment=N="7%%"\n[program:a]\ncommand=%(ENV_N)s\n'
    assert settings_of(text).groups[0].processes[0].command == "7%"


def test_group_name_differs_from_program_name_inside_a_group():
    """group_name equals program_name unless inside a [group:x]."""
    text = "[program:a]\ncommand=%(group_name)s-%(program_name)s-%(host_node_name)s\n"
    assert settings_of(text).groups[0].processes[0].command == "a-a-node"
    grouped = settings_of(text + "[group:g]\nprograms=a\n")
    assert grouped.groups[0].processes[0].command == "g-a-node"


def test_fastcgi_socket_knows_its_program():
    """program_name only."""
    text = "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/%(program_name)s\n"
    assert settings_of(text).groups[0].fcgi.socket.path == "/tmp/f"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[supervisord]\nlogfile=%(x)s\n", "ENV_A, here"),
        ("[supervisord]\nenvironment=A=%(x)s\n", "ENV_A, here, host_node_name"),
        ("[include]\nfiles=%(x)s\n", "ENV_A, here, host_node_name"),
        ("[group:g]\nprograms=%(x)s\n", "ENV_A, here"),
        ("[program:a]\ncommand=x\npriority=%(x)s\n", "ENV_A, here"),
        (
            "[program:a]\ncommand=x\nautostart=%(x)s\n",
            "ENV_A, group_name, here, host_node_name, program_name",
        ),
        (
            "[program:a]\ncommand=%(x)s\n",
            "ENV_A, group_name, here, host_node_name, numprocs, process_num, program_name",
        ),
        ("[fcgi-program:f]\ncommand=x\nsocket=%(x)s\n", "ENV_A, here, program_name"),
    ],
)
def test_error_lists_the_names_of_the_scope(text, names):
    """Each key has its own scope."""
    message = first_error(text)
    assert "contains names ('x') which cannot be expanded" in message
    available = message.partition("Available names: ")[2].partition(" in section")[0]
    assert available == names
