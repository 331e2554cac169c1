"""supervisorctl at a terminal: prompt, Tab, Ctrl-C, Ctrl-D, history, passwords, fg."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import (
    OUR_CTL,
    OUR_DAEMON,
    PAIR,
    LiveDaemon,
    clean_environment,
    free_port,
)
from supervisor.tests.support.terminal import CTRL_C, CTRL_D, ENTER, TAB, UP, Typist

PROMPT = "supervisor> "
PORT_KEY = "@PORT@"
CONFIG = f"""
[inet_http_server]
port = 127.0.0.1:{PORT_KEY}
username = me
password = secret

[program:cat]
command = sh -c 'echo old output; exec cat'
startsecs = 0
"""

Sit = Callable[..., Typist]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    """Our daemon; its TCP socket asks for a password."""
    port = free_port()
    config = (CONFIG + PAIR).replace(PORT_KEY, str(port))
    with LiveDaemon(OUR_DAEMON, config, tmp_path_factory.mktemp("terminal")) as live:
        for name in ("cat", "pair:left", "pair:right"):
            live.wait_state(name, "RUNNING")
        live.tcp_url = f"http://127.0.0.1:{port}"
        yield live


@pytest.fixture
def sit(daemon: LiveDaemon) -> Iterator[Sit]:
    """Sit down at a terminal with supervisorctl and these words."""
    typists = []

    def start(*words: str) -> Typist:
        command = [*OUR_CTL, "-c", str(daemon.config), *words]
        typists.append(Typist(command, daemon.directory, clean_environment(OUR_CTL)))
        return typists[-1]

    yield start
    for typist in typists:
        typist.__exit__()


def test_shell_starts_with_status_and_ends_on_ctrl_d(sit: Sit) -> None:
    """No banner; `status` first; Ctrl-D: newline, exit 0."""
    shell = sit()
    greeting = shell.expect(PROMPT)
    assert greeting.startswith("cat  ")
    assert "pair:right" in greeting
    shell.line("bogus")
    assert "*** Unknown syntax: bogus\n" in shell.expect(PROMPT)
    shell.type(CTRL_D)
    assert shell.end() == ("\n", 0)


def test_ctrl_c_at_the_prompt_leaves(sit: Sit) -> None:
    """Newline, exit 0."""
    shell = sit()
    shell.expect(PROMPT)
    rest, code = shell.end_by(CTRL_C)
    assert rest.endswith("\n")
    assert code == 0


def test_tab_completes_commands_groups_and_signals(sit: Sit) -> None:
    """`grp:*` is one word; each candidate is followed by a blank."""
    shell = sit()
    shell.expect(PROMPT)
    shell.type(b"ver" + TAB)
    shell.expect("version ")
    shell.type(ENTER)
    shell.expect(PROMPT)
    shell.type(b"pid pair:l" + TAB)
    shell.expect("pid pair:left ")
    shell.type(ENTER)
    shell.expect(PROMPT)
    shell.type(b"signal CO" + TAB + b"pair:*" + ENTER)
    assert "pair:left: signalled\npair:right: signalled\n" in shell.expect(PROMPT)


def test_s1_history_is_kept_in_the_file_of_the_flag(sit: Sit, tmp_path: Path) -> None:
    """`-r FILE` had no effect once; a history survives the session."""
    history = tmp_path / "history"
    shell = sit("-r", str(history))
    shell.expect(PROMPT)
    shell.line("help version")
    shell.expect(PROMPT)
    shell.type(CTRL_D)
    shell.end()
    assert "help version" in history.read_text().splitlines()
    shell = sit("-r", str(history))
    shell.expect(PROMPT)
    shell.type(UP)
    shell.expect("help version")
    shell.type(ENTER)
    assert "Show the version of the remote supervisord" in shell.expect(PROMPT)


def test_unwritable_history_is_no_trouble(sit: Sit) -> None:
    """I/O errors are ignored."""
    shell = sit("-r", "/no/such/directory/history")
    shell.expect(PROMPT)
    shell.type(CTRL_D)
    assert shell.end() == ("\n", 0)


def test_password_is_asked_for_without_echo(sit: Sit, daemon: LiveDaemon) -> None:
    """Prompts again until accepted; credentials are kept for the session."""
    shell = sit("-s", daemon.tcp_url)
    shell.expect("Server requires authentication\n".replace("\n", "\r\n"))
    for password in ("wrong", "secret"):
        shell.expect("Username:")
        shell.line("me")
        shell.expect("Password:")
        shell.line(password)
    assert "pair:right" in shell.expect(PROMPT)
    shell.line("pid")
    assert f"{daemon.pid}\n" in shell.expect(PROMPT)
    assert b"wrong" not in shell.screen
    assert b"secret" not in shell.screen


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_s8_login_is_aborted_by_a_key(sit: Sit, daemon: LiveDaemon, key: bytes) -> None:
    """It once asked for ever; now the shell's prompt follows."""
    shell = sit("-s", daemon.tcp_url)
    shell.expect("Username:")
    shell.expect_by(key, PROMPT)


def test_s7_name_without_password_is_asked_for_the_password(sit: Sit, daemon: LiveDaemon) -> None:
    """`-u` without `-p` neither asked nor sent; now it asks once, even one-shot."""
    command = sit("-s", daemon.tcp_url, "-u", "me", "pid")
    command.expect("Password:")
    command.line("secret")
    rest, code = command.end()
    assert (rest.split(), code) == ([str(daemon.pid)], 0)
    command = sit("-s", daemon.tcp_url, "-u", "me", "pid")
    command.expect("Password:")
    command.line("wrong")
    rest, code = command.end()
    assert rest.count("Server requires authentication") == 1
    assert code == 1


def test_s2_action_with_i_is_followed_by_a_shell_and_keeps_its_exit_code(sit: Sit) -> None:
    """`-i` promised a shell and opened none."""
    shell = sit("-i", "start", "nope")
    assert shell.expect("\n") == "nope: ERROR (no such process)\n"
    shell.expect(PROMPT)
    shell.line("exit")
    assert shell.end()[1] == 1


def test_shutdown_asks_a_person(sit: Sit) -> None:
    """Anything but y leaves the daemon alone."""
    shell = sit()
    shell.expect(PROMPT)
    shell.line("shutdown")
    shell.expect("Really shut the remote supervisord process down y/N? ")
    shell.line("no")
    shell.expect(PROMPT)


def test_ctrl_c_ends_tail_f_and_the_shell_goes_on(sit: Sit) -> None:
    """Ctrl-C prints an empty line."""
    shell = sit()
    shell.expect(PROMPT)
    shell.line("tail -f cat")
    shell.expect("==> Press Ctrl-C to exit <==")
    shell.expect("old output")
    shell.type(CTRL_C)
    shell.expect(PROMPT)
    shell.line("version")
    shell.expect(PROMPT)


def test_fg_talks_to_the_process(sit: Sit, daemon: LiveDaemon) -> None:
    """What is typed comes back from cat; no old output; Ctrl-C ends it at once."""
    command = sit("fg", "cat")
    command.expect("==> Press Ctrl-C to exit <==")
    command.line("grüß dich")
    command.expect("grüß dich")
    command.expect("grüß dich")
    rest, code = command.end_by(CTRL_C)
    assert rest.endswith("Exiting foreground\n")
    assert code == 0
    assert b"old output" not in command.screen
    assert daemon.info("cat")["statename"] == "RUNNING"


def test_s31_fg_notices_the_end_of_the_process(sit: Sit, daemon: LiveDaemon) -> None:
    """It once waited for Enter."""
    shell = sit()
    shell.expect(PROMPT)
    shell.line("fg pair:right")
    shell.expect("==> Press Ctrl-C to exit <==")
    daemon.rpc.supervisor.stopProcess("pair:right")
    assert "Process got killed\nExiting foreground\n" in shell.expect(PROMPT)
    shell.line("status pair:left")
    assert "RUNNING" in shell.expect(PROMPT)
