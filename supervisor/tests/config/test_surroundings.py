"""The real machine answers as the one in memory does."""

import os

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


def test_entry_point_that_tries_to_exit_is_an_error_of_the_file(tmp_path, monkeypatch):
    """Importing runs the code of others."""
    (tmp_path / "leaving_plugin.py").write_text("raise SystemExit(3)")
    (tmp_path / "s.conf").write_text(
        "[supervisord]\n[rpcinterface:x]\nsupervisor.rpcinterface_factory=leaving_plugin:f\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    result = load_settings("s.conf", SystemSurroundings(cwd=str(tmp_path)))
    expected = "leaving_plugin:f cannot be resolved within [rpcinterface:x]: 3"
    assert result.first_error().message == expected
