"""The real machine answers as the one in memory does."""

import os
import socket
import threading

import pytest

from supervisor.config.load import load_settings
from supervisor.config.surroundings import SystemSurroundings


@pytest.fixture
def system(tmp_path):
    """The real surroundings, started in a directory with a file and a directory."""
    (tmp_path / "a.conf").write_bytes(b"0123456789")
    (tmp_path / "b.conf").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    return SystemSurroundings(environ={"X": "1", "TMPDIR": "sub"}, cwd=str(tmp_path))


def test_relative_paths_refer_to_the_start_directory(system, tmp_path):
    """Wherever the process has gone since."""
    assert system.read_file("a.conf", 4) == b"0123"
    assert system.exists("a.conf")
    assert not system.exists("c.conf")
    assert system.is_dir("sub")
    assert not system.is_dir("a.conf")
    assert system.glob("*.conf") == [str(tmp_path / "a.conf"), str(tmp_path / "b.conf")]


def test_names_without_pattern_match_only_what_exists(system, tmp_path):
    """Also names with a NUL in them, which no file has."""
    assert system.glob("a.conf") == [str(tmp_path / "a.conf")]
    assert system.glob("c.conf") == []
    assert system.glob("a\0*") == []


def test_missing_files_raise_os_errors(system):
    """And directories do."""
    with pytest.raises(FileNotFoundError):
        system.read_file("c.conf", 1)
    with pytest.raises(IsADirectoryError):
        system.read_file("sub", 1)


def test_users_and_groups_are_looked_up(system):
    """By name and by id; None if there is none."""
    root = system.user_by_uid(0)
    assert root is not None
    assert system.user_by_name(root.name) == root
    assert system.user_by_name("no such user") is None
    assert system.user_by_name("\udc80") is None
    assert system.user_by_uid(2**40) is None
    assert system.group_by_gid(0) == 0
    assert system.group_by_gid(-(2**70)) is None
    assert system.group_by_name("no such group") is None
    assert system.euid == os.geteuid()


def test_entry_points_are_resolved(system):
    """Attributes may be dotted; a wrong name raises what the import raises."""
    assert system.resolve_entry_point("os:path.join") is os.path.join
    assert system.resolve_entry_point("os") is os
    with pytest.raises(AttributeError):
        system.resolve_entry_point("os:nosuch")
    with pytest.raises(ValueError):
        system.resolve_entry_point("")


def test_temporary_directory_is_found(system, tmp_path):
    """The first variable that names a directory one can write to, else a usual place."""
    assert system.default_childlogdir() == str(tmp_path / "sub")
    assert SystemSurroundings(environ={}, cwd="/").default_childlogdir() == "/tmp"


def test_home_directories_are_expanded(system):
    """Unknown users are left as they are."""
    assert system.expand_home("~no such user/x") == "~no such user/x"
    assert system.expand_home("/x") == "/x"
    assert system.hostname == os.uname().nodename


@pytest.mark.parametrize(
    ("leave", "why"), [("SystemExit(3)", "3"), ("KeyboardInterrupt", "KeyboardInterrupt()")]
)
def test_entry_point_that_tries_to_exit_is_an_error_of_the_file(tmp_path, monkeypatch, leave, why):
    """Importing runs the code of others."""
    (tmp_path / "leaving_plugin.py").write_text(f"raise {leave}")
    (tmp_path / "s.conf").write_text(
        "[supervisord]\n[rpcinterface:x]\nsupervisor.rpcinterface_factory=leaving_plugin:f\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    result = load_settings("s.conf", SystemSurroundings(cwd=str(tmp_path)))
    expected = "leaving_plugin:f cannot be resolved within [rpcinterface:x]: " + why
    assert result.first_error().message == expected


@pytest.fixture(params=["fifo", "socket", "device"])
def no_file(request, tmp_path):
    """Something that is not a regular file."""
    path = tmp_path / "strange.conf"
    if request.param == "fifo":
        os.mkfifo(path)
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
    else:
        path.symlink_to("/dev/zero")
    return path


def test_main_file_that_is_no_file_is_an_error_at_once(system, no_file):
    """Nothing that a file is may hold up a daemon that rereads it."""
    problem = load_settings(str(no_file), system).first_error()
    assert str(problem) == (
        f"could not read config file {no_file}; expected a readable file (it is not a regular file)"
    )


def test_included_file_that_is_no_file_is_left_out_with_a_warning(system, no_file, tmp_path):
    """The rest of the configuration is used."""
    (tmp_path / "s.conf").write_text("[supervisord]\n[include]\nfiles=strange.conf\n")
    result = load_settings("s.conf", system)
    assert result.settings is not None
    assert f"cannot read included file {no_file}: it is not a regular file" in [
        problem.message for problem in result.problems
    ]


def test_null_device_is_an_empty_file(system, tmp_path):
    """People link to it to mask a file."""
    (tmp_path / "masked.conf").symlink_to(os.devnull)
    assert system.read_file("masked.conf", 100) == b""


@pytest.fixture
def pipe():
    """Read end and write end; whoever closes one empties its place."""
    ends = list(os.pipe())
    yield ends
    for fd in filter(None, ends):
        os.close(fd)


def test_inherited_pipe_is_read_until_its_writer_closes_it(system, pipe):
    """As in ``supervisord -c <(command)``, where the command takes its time."""
    text = b"x" * 300_000
    writer, pipe[1] = os.fdopen(pipe[1], "wb"), None

    def write_and_close():
        with writer:
            writer.write(text)

    thread = threading.Thread(target=write_and_close)
    thread.start()
    assert system.read_file(f"/dev/fd/{pipe[0]}", 1 << 20) == text
    thread.join()


def test_inherited_pipe_is_read_up_to_the_limit(system, pipe):
    """A writer that never ends fills no memory."""
    os.write(pipe[1], b"0123456789")
    assert system.read_file(f"/proc/self/fd/{pipe[0]}", 4) == b"0123"


def test_pipe_is_waited_for_only_as_the_first_file(system, pipe):
    """On reread others are waiting: a pipe with a silent writer is refused at once."""
    system.read_file("a.conf", 1)
    with pytest.raises(OSError, match="it is not a regular file"):
        system.read_file(f"/dev/fd/{pipe[0]}", 100)
