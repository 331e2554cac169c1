"""The file with the byte code of a start: used if it is right, and never needed."""

import json
import marshal
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.daemon.startcache import Entry, StartCache, _checksum
from supervisor.tests.rules.source import PACKAGE
from supervisor.tests.support.daemon import clean_environment

IMPORT = """
import sys
from supervisor.daemon.startcache import StartCache, saving
with StartCache():
    import supervisor.core.{module}
for _ in saving():
    pass
"""

TELL = """
import json
ours = {name: module for name, module in sys.modules.items() if name.startswith("supervisor.")}
quick = [name for name, each in ours.items() if type(each.__loader__).__name__ == "_Loader"]
looks = {
    name: [
        each.__file__, each.__cached__, each.__package__, each.__doc__, each.__spec__.origin,
        each.__spec__.has_location, each.__spec__.parent, each.__spec__.cached,
        list(getattr(each, "__path__", [])), each.__spec__.submodule_search_locations,
        each.__loader__.get_source(name) == open(each.__file__).read(), sorted(vars(each)),
        [f.__code__.co_filename for f in vars(each).values() if hasattr(f, "__code__")],
    ]
    for name, each in ours.items() if name.startswith("supervisor.core")
}
print(json.dumps({"quick": quick, "looks": looks}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A copy of what the scripts import of the package, as an installation has it."""
    for pattern in ("core/*.py", "daemon/__init__.py", "daemon/startcache.py", "*.py"):
        for source in PACKAGE.glob(pattern):
            target = tmp_path / "supervisor" / source.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    yield tmp_path
    shutil.rmtree(tmp_path)


def run(folder: Path, script: str, *options: str, **environment: str) -> str:
    """What a script with that copy of the package prints."""
    known = clean_environment((sys.executable,)) | {"PYTHONPATH": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-S", *options, "-c", script],
        env=known,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def start(folder: Path, module: str = "process", **environment: str) -> dict:
    """What is told of the modules of a start: which came from the file, and how they look."""
    return json.loads(run(folder, IMPORT.format(module=module) + TELL, **environment))


def cache_file(folder: Path) -> Path | None:
    found = list((folder / "supervisor/daemon/__pycache__").glob("startcache.*-start.pyc"))
    assert len(found) <= 1
    return found[0] if found else None


def made_file(folder: Path) -> Path:
    """The file, after a start that has made it."""
    assert start(folder)["quick"] == []
    path = cache_file(folder)
    assert path is not None
    return path


def test_second_start_takes_from_the_file_what_the_first_has_loaded(folder: Path) -> None:
    """And nobody can tell by the modules."""
    first = start(folder)
    written = made_file(folder) if cache_file(folder) is None else cache_file(folder)
    assert written is not None and written.stat().st_mode & 0o022 == 0
    second = start(folder)
    assert first["quick"] == []
    assert "supervisor.core.process" in second["quick"] and "supervisor.core" in second["quick"]
    assert first["looks"] == second["looks"]


def test_file_is_written_once(folder: Path) -> None:
    """Daemons that need other modules add theirs, and do not write by turns."""
    path = made_file(folder)
    assert start(folder, "pool")["quick"]
    both = path.stat()
    for module in ("process", "pool", "process"):
        assert f"supervisor.core.{module}" in start(folder, module)["quick"]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (both.st_ino, both.st_mtime_ns)


@pytest.mark.parametrize("size_changes", [True, False])
def test_changed_source_is_seen(folder: Path, size_changes: bool) -> None:
    """Sources are what is run: a time or a size is enough."""
    made_file(folder)
    source = folder / "supervisor/core/serials.py"
    text = source.read_text()
    source.write_text(text + "CHANGED = 1\n" if size_changes else text.replace('"""', "'''", 2))
    again = start(folder, "serials")
    assert "supervisor.core.serials" not in again["quick"]
    assert ("CHANGED" in str(again["looks"]["supervisor.core.serials"])) == size_changes
    assert "supervisor.core.serials" in start(folder, "serials")["quick"]


def test_whole_seconds_are_as_good_as_nanoseconds(folder: Path) -> None:
    """Images of containers keep no more; other times are other sources."""
    made_file(folder)
    source = folder / "supervisor/core/serials.py"
    start(folder, "serials")
    for seconds, is_known in ((0, True), (1, False)):
        time_s = int(source.stat().st_mtime) + seconds
        os.utime(source, (time_s, time_s))
        assert ("supervisor.core.serials" in start(folder, "serials")["quick"]) == is_known


def test_writing_can_be_given_up_between_two_modules(folder: Path) -> None:
    """As by a daemon that ends meanwhile: nothing is left of it, and the next one writes it."""
    script = IMPORT.format(module="process").replace(
        "for _ in saving():\n    pass", "work = saving()\nnext(work)\nwork.close()"
    )
    run(folder, script)
    assert list((folder / "supervisor/daemon/__pycache__").glob("*-start.pyc*")) == []
    made_file(folder)


def test_module_that_has_gone_is_not_found(folder: Path) -> None:
    """As with Python's own byte code."""
    made_file(folder)
    (folder / "supervisor/core/serials.py").unlink()
    script = IMPORT.format(module="group") + (
        "try:\n    import supervisor.core.serials\n    print('there')\n"
        "except ImportError:\n    print('gone')\n"
    )
    assert run(folder, script) == "gone\n"


def cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


def overwrite(path: Path, offset: int, junk: bytes) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:offset] + junk + data[offset + len(junk) :])


def junk_code(path: Path) -> None:
    """Zeros instead of all code, before an index that is whole."""
    data = path.read_bytes()
    code_bytes = len(data) - 12 - int.from_bytes(data[-12:-8], "little")
    overwrite(path, 0, bytes(code_bytes))


DAMAGE = {
    "empty": lambda path: cut(path, 0),
    "a few bytes": lambda path: cut(path, 5),
    "half": lambda path: cut(path, path.stat().st_size // 2),
    "without its end": lambda path: cut(path, path.stat().st_size - 1),
    "another index": lambda path: overwrite(path, path.stat().st_size - 300, b"junk"),
    "endless index": lambda path: overwrite(path, path.stat().st_size - 12, b"\xff" * 4),
    "no index": lambda path: overwrite(path, path.stat().st_size - 12, bytes(12)),
    "junk code": junk_code,
    "text": lambda path: path.write_text("something else\n" * 1000),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_file_harms_nobody(folder: Path, damage) -> None:
    """Python's own import does the work, without a word."""
    path = made_file(folder)
    usual = start(folder)["looks"]
    damage(path)
    assert start(folder)["looks"] == usual
    assert start(folder)["looks"] == usual


@given(st.binary(max_size=200))
def test_law_any_bytes_are_a_file_to_be_used_or_not(data: bytes) -> None:
    """Nothing is raised, nothing stays open or installed."""
    fd = os.memfd_create("startcache-start.pyc")
    try:
        os.write(fd, data)
        finders = list(sys.meta_path)
        fds = len(os.listdir("/proc/self/fd"))
        cache = StartCache("unused.pyc")
        cache._path = f"/proc/self/fd/{fd}"
        with cache:
            assert cache.find_spec("supervisor.core", ["/"]) is None
        assert sys.meta_path == finders
        assert len(os.listdir("/proc/self/fd")) == fds
    finally:
        os.close(fd)


def test_file_of_another_place_is_not_used(folder: Path, tmp_path_factory) -> None:
    """Code names the file that it was made of, in each traceback."""
    made_file(folder)
    moved = tmp_path_factory.mktemp("moved")
    shutil.copytree(folder, moved, dirs_exist_ok=True)
    assert start(moved)["quick"] == []
    looks = start(moved)["looks"]
    assert str(folder) not in json.dumps(looks)


def test_each_kind_of_interpreter_has_a_file(folder: Path) -> None:
    """As it has its own byte code."""
    path = made_file(folder)
    before = path.read_bytes()
    run(folder, IMPORT.format(module="process"), "-O")
    others = set((folder / "supervisor/daemon/__pycache__").glob("*-start.pyc")) - {path}
    assert len(others) == 1
    assert path.read_bytes() == before


def test_nothing_is_written_where_python_writes_no_byte_code(folder: Path) -> None:
    """PYTHONDONTWRITEBYTECODE, and -B."""
    start(folder, PYTHONDONTWRITEBYTECODE="1")
    run(folder, IMPORT.format(module="process"), "-B")
    assert cache_file(folder) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_is_left_alone(folder: Path) -> None:
    """An installation of somebody else is as good as any."""
    run(folder, "import supervisor.daemon.startcache")
    pycache = folder / "supervisor/daemon/__pycache__"
    pycache.chmod(0o555)
    try:
        assert start(folder)["quick"] == start(folder)["quick"] == []
    finally:
        pycache.chmod(0o755)


def test_writer_that_was_killed_leaves_nothing_in_the_way(folder: Path) -> None:
    """What it had written has another name."""
    path = made_file(folder)
    part = path.read_bytes()[:1000]
    path.rename(f"{path}.1")
    Path(f"{path}.1").write_bytes(part)
    made_file(folder)
    assert start(folder)["quick"]


def test_starts_at_the_same_time_do_not_disturb_each_other(folder: Path) -> None:
    """Each writes its own file and puts it in place in one step."""
    script = IMPORT.format(module="process") + TELL
    environment = clean_environment((sys.executable,)) | {"PYTHONPATH": str(folder)}
    starts = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", script], env=environment, stdout=subprocess.PIPE, cwd="/"
        )
        for _ in range(4)
    ]
    looks = [json.loads(each.communicate(timeout=30)[0])["looks"] for each in starts]
    assert all(each == looks[0] for each in looks)
    assert start(folder)["quick"]
    assert not list((folder / "supervisor/daemon/__pycache__").glob("*-start.pyc.*"))


def test_import_system_is_as_usual_behind_it(folder: Path) -> None:
    """Sources are found for tracebacks, and reloading reads them."""
    made_file(folder)
    script = (
        "import importlib, inspect, supervisor.core.process as module\n"
        "assert not any(type(each).__name__ == 'StartCache' for each in sys.meta_path)\n"
        "assert type(module.__loader__).__name__ == '_Loader'\n"
        "assert module.__loader__.get_code(module.__name__).co_filename == module.__file__\n"
        "print(inspect.getsource(module.classify_stop).startswith('def classify_stop('))\n"
        "print(type(importlib.reload(module).__loader__).__name__)\n"
    )
    out = run(folder, IMPORT.format(module="process") + script)
    assert out == "True\nSourceFileLoader\n"


def test_failed_start_leaves_the_import_system_as_it_was(folder: Path) -> None:
    """And writes nothing: what was loaded may be half of it."""
    script = (
        "import sys\nfrom supervisor.daemon.startcache import StartCache, is_short\n"
        "try:\n"
        "    with StartCache():\n        import supervisor.core.process, supervisor.core.missing\n"
        "except ImportError:\n"
        "    print(any(type(each).__name__ == 'StartCache' for each in sys.meta_path))\n"
        "print(is_short())\n"
    )
    assert run(folder, script) == "False\nFalse\n"
    assert cache_file(folder) is None


def test_finders_that_others_have_put_first_are_asked_first(folder: Path) -> None:
    """Tracers and coverage tools see each module, whether it is in the file or not."""
    made_file(folder)
    script = (
        "import sys\nasked = []\n"
        "class Tracer:\n"
        "    def find_spec(self, name, path=None, target=None): asked.append(name)\n"
        "sys.meta_path.insert(0, Tracer())\n"
    )
    tell = "print('supervisor.core.process' in asked, sys.meta_path[0].__class__.__name__)\n"
    assert run(folder, script + IMPORT.format(module="process") + tell) == "True Tracer\n"


def test_part_that_cannot_be_read_is_not_kept_as_something_else(folder: Path) -> None:
    """What stood behind it in the file was run in its place."""
    path = made_file(folder)
    usual = start(folder)["looks"]
    data = path.read_bytes()
    code_bytes = len(data) - 12 - int.from_bytes(data[-12:-8], "little")
    path.write_bytes(data[code_bytes:])
    start(folder, "pool")
    assert start(folder)["looks"] == usual
    assert "supervisor.core.process" in start(folder)["quick"]


def test_code_of_another_module_is_not_run(folder: Path) -> None:
    """Whole code in a wrong place, as where blocks of a file have been mixed up."""
    path = made_file(folder)
    usual = start(folder)["looks"]
    data = path.read_bytes()
    index_bytes = int.from_bytes(data[-12:-8], "little")
    made_for, entries = marshal.loads(data[-12 - index_bytes : -12])
    entries = {name: Entry(*entry) for name, entry in entries.items()}
    other = entries["supervisor.core.settled"]
    entries = {
        name: tuple(entry._replace(offset=other.offset, length_bytes=other.length_bytes))
        for name, entry in entries.items()
    }
    index = marshal.dumps((made_for, entries))
    path.write_bytes(
        data[: -12 - index_bytes] + index + len(index).to_bytes(4, "little") + _checksum(index)
    )
    assert start(folder)["looks"] == usual


def test_part_left_under_our_pid_is_in_the_way_just_once(folder: Path) -> None:
    """In a container all daemons have the same: a file is written by the start after the next."""
    path = made_file(folder)
    path.unlink()
    script = f"import os; open({str(path)!r} + '.%d' % os.getpid(), 'w').close()\n"
    run(folder, script + IMPORT.format(module="process"))
    assert list(path.parent.glob("*-start.pyc*")) == []
    assert start(folder)["quick"] == [] and start(folder)["quick"]
