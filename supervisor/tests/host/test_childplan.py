"""Splitting and finding commands, and the environment of children."""

import errno
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import SpawnError
from supervisor.host import childplan
from supervisor.host.childplan import (
    DEFAULT_SEARCH_PATH,
    SPLITS_COUNT_MAX,
    child_environment,
    encoded,
    resolve_command,
    search_path,
    split_command,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def make_file(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def refusal(word: str, path: str = "/bin", directory: str | None = None) -> SpawnError:
    with pytest.raises(SpawnError) as caught:
        resolve_command(word, path, directory)
    assert caught.value.step == "command"
    return caught.value


# ------------------------------------------------------------------ the words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/bin/cat", ["/bin/cat"]),
        ("  cat \t a\nb ", ["cat", "a", "b"]),
        ("sh -c 'echo \"x y\"; exit 3'", ["sh", "-c", 'echo "x y"; exit 3']),
        (r"a\ b ''", ["a b", ""]),
        ("cat a\u00a0b #c", ["cat", "a\u00a0b", "#c"]),
    ],
)
def test_command_is_split_like_a_shell_does(command: str, words: list[str]) -> None:
    """Blanks separate words; quotes and backslashes protect them."""
    assert split_command(command) == words


@given(
    st.text("ab \t\r\n\x0b\x0c\u00a0\u2003#'\"\\é", max_size=20) | st.text("a \t'\"", max_size=20)
)
def test_splitting_agrees_with_the_shell_rules_for_every_command(command: str) -> None:
    """The short ways for commands without a backslash give what the full rules give."""
    try:
        expected = shlex.split(command)
    except ValueError as error:
        with pytest.raises(SpawnError) as caught:
            split_command(command)
        assert str(caught.value) == f"can't parse command {command!r}: {error}"
        return
    if expected:
        assert split_command(command) == expected


@pytest.mark.parametrize("command", ["sh -c 'a b'", r"sh -c a\ b"])
def test_words_are_the_same_when_a_command_is_split_again(command: str) -> None:
    """They are remembered, and what somebody does with them is nobody else's business."""
    words = split_command(command)
    words.append("more")

    assert split_command(command) == ["sh", "-c", "a b"]


def test_words_are_kept_of_the_last_commands_only() -> None:
    """A daemon with thousands of programs does not keep the words of all."""
    for number in range(2 * SPLITS_COUNT_MAX):
        assert split_command(f"echo '{number}'") == ["echo", str(number)]

    assert list(childplan._SPLITS) == [
        f"echo '{number}'" for number in range(SPLITS_COUNT_MAX, 2 * SPLITS_COUNT_MAX)
    ]


def test_unclosed_quotation_is_told() -> None:
    """A command that cannot be split names itself and the reason."""
    with pytest.raises(SpawnError) as caught:
        split_command("echo 'a")

    assert str(caught.value) == "can't parse command \"echo 'a\": No closing quotation"


@pytest.mark.parametrize("command", ["", "  \n"])
def test_empty_command_is_told(command: str) -> None:
    """There must be something to run."""
    with pytest.raises(SpawnError, match=r"^command is empty$"):
        split_command(command)


# ------------------------------------------------------------------- the file


def test_absolute_command_is_used_as_it_is(tmp_path: Path) -> None:
    """A word with a slash is not searched for."""
    program = make_file(tmp_path / "program")

    assert resolve_command(str(program), "/nonexistent") == str(program)


def test_l16_relative_command_is_looked_up_in_directory(tmp_path: Path) -> None:
    """A relative command is checked where it is executed: in `directory`."""
    program = make_file(tmp_path / "bin" / "program")

    assert resolve_command("bin/program", "/bin", str(tmp_path)) == str(program)
    assert str(refusal("bin/program")) == "can't find command 'bin/program'"


def test_relative_directory_is_below_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is absolute, so that it means the same after the child has changed directory."""
    program = make_file(tmp_path / "srv" / "bin" / "program")
    monkeypatch.chdir(tmp_path)

    assert resolve_command("bin/program", "/bin", "srv") == str(program)
    assert resolve_command("srv/bin/program", "/bin") == str(program)


def test_l17_search_goes_on_after_a_file_that_cannot_be_executed(tmp_path: Path) -> None:
    """The first file that can be executed wins, not the first that exists."""
    make_file(tmp_path / "a" / "program", 0o644)
    (tmp_path / "b" / "program").mkdir(parents=True)
    wanted = make_file(tmp_path / "c" / "program")
    path = f"{tmp_path}/a:{tmp_path}/b:{tmp_path}/c"

    assert resolve_command("program", path) == str(wanted)


def test_search_tells_of_the_file_that_cannot_be_executed(tmp_path: Path) -> None:
    """If nothing can be executed, the first thing found is what people should look at."""
    found = make_file(tmp_path / "b" / "program", 0o644)
    error = refusal("program", f"{tmp_path}/a:{tmp_path}/b")

    assert str(error) == f"command at '{found}' is not executable"
    assert error.errno == errno.ENOEXEC


def test_command_that_is_nowhere_is_told() -> None:
    """Nothing under that name in any entry of PATH."""
    error = refusal("nonexistent-program")

    assert str(error) == "can't find command 'nonexistent-program'"
    assert error.errno == errno.ENOENT


def test_directory_is_no_command(tmp_path: Path) -> None:
    """A directory has x bits, but cannot be executed."""
    error = refusal(str(tmp_path))

    assert str(error) == f"command at '{tmp_path}' is a directory"
    assert error.errno == errno.EISDIR


@needs_root
def test_command_for_others_is_told(public_path: Path) -> None:
    """x bits that do not hold for us are another problem than no x bits."""
    program = make_file(public_path / "program", 0o700)
    os.setresuid(65534, 65534, 0)
    try:
        error = refusal(str(program))
    finally:
        os.setresuid(0, 0, 0)

    assert str(error) == f"no permission to run command '{program}'"
    assert error.errno == errno.EACCES


@given(st.text(max_size=20))
def test_no_word_whatsoever_breaks_the_search(word: str) -> None:
    """Any first word is found or refused."""
    try:
        assert resolve_command(word, "/nonexistent")
    except SpawnError as error:
        assert error.step == "command"


# ------------------------------------------------------------ the environment


def test_search_path_is_the_programs_then_ours_then_the_default() -> None:
    """PATH from the `environment` settings, else the daemon's, else a built-in one."""
    assert search_path({"PATH": "/a"}, {"PATH": "/b"}) == "/a"
    assert search_path({}, {"PATH": "/b"}) == "/b"
    assert search_path({}, {}) == DEFAULT_SEARCH_PATH
    assert search_path({}, {"PATH": ""}) == DEFAULT_SEARCH_PATH
    assert search_path({"PATH": ""}, {"PATH": "/b"}) == ""


def test_empty_entry_of_the_path_means_the_directory(tmp_path: Path) -> None:
    """As in a shell, where it means the current directory."""
    program = make_file(tmp_path / "program")

    assert resolve_command("program", "", str(tmp_path)) == str(program)
    assert resolve_command("program", "/nonexistent:", str(tmp_path)) == str(program)


def environment(
    environ: Mapping[str, str | bytes], settings: dict[str, str], url: str | None = None
) -> object:
    return child_environment(environ, process="p", group="g", server_url=url, settings=settings)


def test_environment_tells_the_child_who_supervises_it() -> None:
    """Four variables are added to the daemon's own environment."""
    assert environment({"HOME": "/root"}, {}, "unix:///s.sock") == {
        "HOME": "/root",
        "SUPERVISOR_ENABLED": "1",
        "SUPERVISOR_SERVER_URL": "unix:///s.sock",
        "SUPERVISOR_PROCESS_NAME": "p",
        "SUPERVISOR_GROUP_NAME": "g",
    }


def test_environment_settings_win_over_everything() -> None:
    """Configuration comes last, so it can override even SUPERVISOR_* variables."""
    made = environment({"A": "1", "B": "1"}, {"A": "2", "SUPERVISOR_ENABLED": "0"})
    assert isinstance(made, dict)

    assert (made["A"], made["B"], made["SUPERVISOR_ENABLED"]) == ("2", "1", "0")


def test_server_url_is_left_alone_without_a_server() -> None:
    """Without a server, a variable that the daemon has itself stays."""
    made = environment({"SUPERVISOR_SERVER_URL": "theirs"}, {})
    assert isinstance(made, dict)

    assert made["SUPERVISOR_SERVER_URL"] == "theirs"


def test_values_are_encoded_once_as_the_system_had_them() -> None:
    """Bytes that are no text in the daemon's locale reach the child as they were."""
    own = {"A": "wörd", "B": os.fsdecode(b"\xff")}

    assert environment(encoded(own), {"A": "2"}) == {
        "A": "2",
        "B": b"\xff",
        "SUPERVISOR_ENABLED": "1",
        "SUPERVISOR_PROCESS_NAME": "p",
        "SUPERVISOR_GROUP_NAME": "g",
    }
    assert encoded(own)["A"] == os.fsencode("wörd")


def test_our_own_environment_is_never_changed() -> None:
    """The child's environment is a copy."""
    own = {"A": "1"}
    environment(own, {"A": "2"})

    assert own == {"A": "1"}
