"""AUTO logs: names, creation, clean-up."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.levels import Level
from supervisor.logs.autolog import (
    auto_log_name,
    clean_up_auto_logs,
    create_auto_log,
    stale_auto_logs,
)
from supervisor.tests.logs.helpers import Reports


def test_name_tells_process_channel_and_identifier() -> None:
    """`<process>-<channel>---<identifier>-<8 random chars>.log`."""
    assert auto_log_name("web", "stdout", "super", "abcdefgh") == "web-stdout---super-abcdefgh.log"


def test_created_log_is_private_empty_and_unique(tmp_path: Path) -> None:
    """Mode 0600, created when the group is created."""
    paths = {create_auto_log(str(tmp_path), "web", "stderr", "id") for _ in range(50)}

    assert len(paths) == 50
    for path in map(Path, paths):
        assert path.parent == tmp_path
        assert path.stat().st_mode & 0o7777 == 0o600
        assert path.stat().st_size == 0


def test_log_that_cannot_be_created_raises(tmp_path: Path) -> None:
    """The caller decides what a missing childlogdir means."""
    with pytest.raises(FileNotFoundError):
        create_auto_log(str(tmp_path / "missing"), "web", "stdout", "id")


@pytest.mark.parametrize(
    "process", ["a/b", "../../etc/passwd", "", "x" * 400, "ä" * 300, "a\nb c", ".", "\udcff", "a\0"]
)
def test_odd_process_names_give_a_file_in_the_directory(tmp_path: Path, process: str) -> None:
    """Characters that a file name cannot hold, and names that are too long, backup included."""
    path = create_auto_log(str(tmp_path), process, "stdout", "id")

    assert os.path.dirname(path) == str(tmp_path)
    os.rename(path, f"{path}.1000000")


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("web-stdout---super-abcdefgh.log", True),
        ("web-stdout---super-abcdefgh.log.1", True),
        ("web-stdout---super-abcdefgh.log.10", True),
        ("a---super-x.log.gz", True),
        ("a\nb---super-x.log", True),
        ("---super-x.log", False),
        ("a---super-x y.log", False),
        ("a---super -x.log", False),
        ("a---super-.log", False),
        ("a---superb-x.log", False),
        ("a--super-x.log", False),
        ("a---super-x.txt", False),
        ("super.log", False),
    ],
)
def test_clean_up_recognises_its_own_names(name: str, stale: bool) -> None:
    """Anchored at the start only, something in front, no blank after the identifier."""
    assert stale_auto_logs([name], "super") == ([name] if stale else [])


@pytest.mark.parametrize("identifier", ["my+id", "my.id", "a(b", "[x]", "a/b", "ä*", "^$"])
def test_l19_identifier_is_taken_literally(identifier: str) -> None:
    """`my+id` is cleaned; `my.id` does not clean the logs of `myXid`."""
    mine = auto_log_name("web", "stdout", identifier, "abcdefgh")
    others = [auto_log_name("web", "stdout", other, "abcdefgh") for other in ("myXid", "myyid")]

    assert stale_auto_logs([mine, *others], identifier) == [mine]


@given(
    process=st.text(min_size=1, max_size=300).filter(lambda text: not _has_surrogate(text)),
    identifier=st.text(min_size=1, max_size=20).filter(
        lambda text: not _has_surrogate(text) and not any(map(str.isspace, text))
    ),
)
def test_law_every_name_is_short_enough_and_is_cleaned_up(process: str, identifier: str) -> None:
    """What this daemon creates its successor recognises."""
    name = auto_log_name(process, "stdout", identifier, "abcdefgh")

    assert len(os.fsencode(f"{name}.10")) <= 255
    assert "/" not in name
    assert stale_auto_logs([name, f"{name}.3"], identifier) == [name, f"{name}.3"]


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


@given(
    st.lists(
        st.sampled_from(["---super-", "---", "super-", "-", "a", ".log", ".", " ", "\n", "1"])
    ).map("".join)
)
def test_law_of_names_that_are_cleaned_up(name: str) -> None:
    """For every name: it is one of ours if the expression says so."""
    ours = re.match(r".+---super-\S+\.log", name, re.DOTALL) is not None
    assert stale_auto_logs([name], "super") == [name] * ours


def test_clean_up_deletes_stale_logs_only(tmp_path: Path) -> None:
    """At start and reload unless nocleanup."""
    reports = Reports()
    create_auto_log(str(tmp_path), "web", "stdout", "super")
    other = Path(create_auto_log(str(tmp_path), "web", "stdout", "other"))
    (tmp_path / "keep.log").touch()

    clean_up_auto_logs(str(tmp_path), "super", reports)

    assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / "keep.log"])
    assert not reports


def test_clean_up_reports_what_it_cannot_delete_and_goes_on(tmp_path: Path) -> None:
    """WARN `Failed to clean up '<path>'`; a missing directory: `Could not clear childlog dir`."""
    reports = Reports()
    stubborn = tmp_path / "a---super-x.log"
    stubborn.mkdir()
    (tmp_path / "b---super-x.log").touch()

    clean_up_auto_logs(str(tmp_path), "super", reports)
    clean_up_auto_logs(str(tmp_path / "missing"), "super", reports)

    assert reports == [
        (Level.WARN, f"Failed to clean up '{stubborn}'"),
        (Level.WARN, "Could not clear childlog dir"),
    ]
    assert list(tmp_path.iterdir()) == [stubborn]
