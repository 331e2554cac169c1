"""The byte code of all modules that a start loads, in one file.

A plain daemon is 190 modules. To find and read them one by one takes an eighth of the instructions
of a start and a quarter of its time (decision 0010). So they are kept together, too, beside the
byte code that Python keeps of each: ``__pycache__/startcache.cpython-311-start.pyc``, written by
the first daemon that may write there, some time after its start: in a container that is thrown away
each start is the first, and shall not wait for what it has no use for.

The rule: only the clock can tell. A module is taken from here if its source has the size and the
time that it had; if not, or if anything about the file is not as it should be, Python's own import
does the work. The finder is there for the import of the daemon alone, and everything about the
modules is as usual. The file is trusted as far as the byte code beside it: whoever can write one
can write the other.
"""

import marshal
import os
import sys

import supervisor
from supervisor.hints import Any, Generator, Iterable, Self, Sequence
from supervisor.lean import BuiltinImporter, CodeType, ModuleSpec, ModuleType, SourceFileLoader
from supervisor.tuples import NamedTuple

_FORMAT = 2
_SUFFIX = "-start.pyc"
_TAIL_BYTES = 12
"""Length of the index before it, and its checksum."""
_PRIME = 2**30 - 35
"""Below one digit of Python's large numbers: a remainder takes a fifth of adding up all words."""
_INDEX_BYTES_MAX = 1024 * 1024
_MODE = 0o644
_PACKAGE = "supervisor."
_NS = 1_000_000_000

_missed: dict[str, ModuleSpec] = {}
"""Modules that the start of this process did not find in the file."""


class Entry(NamedTuple):
    """Where the code of a module is, and what its source was like."""

    source: str
    """Path of it."""
    cached: str | None
    """Where Python keeps the byte code of it: to find that out again would be a 50th of a start."""
    mtime_ns: int
    size_bytes: int
    is_package: bool
    offset: int
    length_bytes: int


class StartCache:
    """A context in which modules of ours are found in the file."""

    def __init__(self, path: str | None = __spec__.cached) -> None:
        """`path`: where the byte code of this module is, if there is any."""
        self._path = path and path.removesuffix(".pyc") + _SUFFIX
        self._fd = -1
        self._entries: dict[str, Sequence[Any]] = {}
        """Each is an `Entry`; they are made of those that are needed."""
        self._loaded_before: set[str] = set()

    def __enter__(self) -> Self:
        if self._path:
            self._loaded_before = set(sys.modules)
            self._open(self._path)
            sys.meta_path.insert(_place_of_finder(), self)
        return self

    def __exit__(self, *raised: object) -> None:
        if not self._path:
            return
        sys.meta_path.remove(self)
        self.close()
        if raised[0] is None:
            _missed.update(self._missing())

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load a module, None if Python has to find out; see `importlib.abc`."""
        known = self._entries.get(fullname)
        if known is None or path is None:
            return None
        entry = Entry(*known)
        folder = entry.source.rpartition("/")[0]
        parent = folder.rpartition("/")[0] if entry.is_package else folder
        if [*path][:1] != [parent] or not _is_unchanged(entry):
            return None
        loader = _Loader(fullname, entry.source, self._read(entry))
        spec = ModuleSpec(fullname, loader, origin=entry.source, is_package=entry.is_package)
        spec.has_location = True
        spec.cached = entry.cached
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(folder)
        return spec

    def _open(self, path: str) -> None:
        """Read the index; if it is of another interpreter or folder, or damaged, there is none."""
        try:
            self._fd = os.open(path, os.O_RDONLY)
            end = os.fstat(self._fd).st_size - _TAIL_BYTES
            tail = os.pread(self._fd, _TAIL_BYTES, max(0, end))
            length = min(int.from_bytes(tail[:4], "little"), end)
            if not 0 < length <= _INDEX_BYTES_MAX:
                return
            index = os.pread(self._fd, length, end - length)
        except OSError:
            return
        if _checksum(index) == tail[4:]:
            made_for, entries = marshal.loads(index)
            if made_for == _made_for():
                self._entries = entries

    def _read(self, entry: Entry) -> bytes:
        try:
            return os.pread(self._fd, entry.length_bytes, entry.offset)
        except OSError:
            return b""

    def _missing(self) -> Iterable[tuple[str, ModuleSpec]]:
        """What has been loaded meanwhile and was not in the file."""
        for name, module in sys.modules.items():
            if name.startswith(_PACKAGE) and name not in self._loaded_before:
                spec = module.__spec__
                if spec is not None and type(spec.loader) is SourceFileLoader:
                    yield name, spec

    def parts(self, missed: dict[str, ModuleSpec]) -> Iterable[tuple[str, Entry, bytes]]:
        """What is to be in the file. Raises what loading does."""
        if self._path:
            self._open(self._path)
        # What others need, such as event listeners, stays: else two daemons would write by turns.
        for name in sorted({*self._entries, *missed}):
            part = _made(missed[name]) if name in missed else self._kept(name)
            if part is not None:
                yield name, *part

    def _kept(self, name: str) -> tuple[Entry, bytes] | None:
        """What the file has of a module, unless it is out of date or cannot be read."""
        entry = Entry(*self._entries[name])
        data = self._read(entry) if _is_unchanged(entry) else b""
        return (entry, data) if len(data) == entry.length_bytes else None


def is_short(path: str | None = __spec__.cached) -> bool:
    """Whether the file lacks what this process has loaded, and may be written."""
    may_write = not sys.dont_write_bytecode and path and os.access(os.path.dirname(path), os.W_OK)
    return bool(may_write and _missed)


def saving(path: str | None = __spec__.cached) -> Generator[None, None, None]:
    """Write the file if it `is_short`, yielding between two modules; a full disk stops it."""
    if path is None or not is_short(path):
        return
    cache = StartCache(path)
    try:
        yield from _write(path.removesuffix(".pyc") + _SUFFIX, cache.parts(_missed))
    except (OSError, ImportError, SyntaxError, ValueError, EOFError):
        # A full disk, or a package that is being replaced: another daemon will do it.
        pass
    finally:
        cache.close()
        _missed.clear()


class _Loader(SourceFileLoader):
    """Loads a module from code that has been read already."""

    def __init__(self, fullname: str, path: str, data: bytes) -> None:
        super().__init__(fullname, path)
        self._data = data

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module that knows its files: to ask for what it lacks takes Python longer."""
        module = ModuleType(spec.name)
        vars(module).update(__file__=spec.origin, __cached__=spec.cached)
        return module

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module: once that which was read, then what Python reads."""
        data, self._data = self._data, b""
        try:
            code = marshal.loads(data)
        except (EOFError, ValueError, TypeError):
            code = None
        if isinstance(code, CodeType) and code.co_filename == self.path:
            return code
        return super().get_code(fullname)


def _made_for() -> tuple[int, str, str]:
    """Who may read the file: this format, the interpreter, and the folder that all code names."""
    return _FORMAT, sys.version, supervisor.__path__[0]


def _place_of_finder() -> int:
    """Behind the finders that others have put first, such as tracers; before all of Python's.

    Two of those know nothing of files: to ask them, too, would be a 50th of a start.
    """
    first = BuiltinImporter
    return sys.meta_path.index(first) if first in sys.meta_path else len(sys.meta_path)


def _checksum(data: bytes) -> bytes:
    """Tells damaged data from whole; made without a module, which would take longer."""
    return (int.from_bytes(data, "little") % _PRIME).to_bytes(8, "little")


def _is_unchanged(entry: Entry) -> bool:
    try:
        found = os.stat(entry.source)
    except OSError:
        return False
    mtime_ns = found.st_mtime_ns
    # Images of containers keep whole seconds.
    is_its_time = mtime_ns in {entry.mtime_ns, entry.mtime_ns // _NS * _NS}
    return is_its_time and found.st_size == entry.size_bytes


def _made(spec: ModuleSpec) -> tuple[Entry, bytes]:
    """The code of a module as Python's import would have it. Raises what that raises."""
    loader: Any = spec.loader
    # Before the source is read: if it is changed just now, the entry is out of date at once.
    found = os.stat(loader.path)
    data = marshal.dumps(loader.get_code(spec.name))
    source, is_package = loader.path, loader.is_package(spec.name)
    stamp = found.st_mtime_ns, found.st_size
    return Entry(source, spec.cached, *stamp, is_package, 0, len(data)), data


def _write(path: str, modules: Iterable[tuple[str, Entry, bytes]]) -> Generator[None, None, None]:
    """Put the file in place in one step, whoever else does so. Raises OSError, and theirs."""
    unfinished = f"{path}.{os.getpid()}"
    try:
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
    except FileExistsError:
        # Left by one that was killed; in a container all that follow have the same pid. Should he
        # be alive, in another container, then he fails as we do: the next start will write it.
        os.unlink(unfinished)
        raise
    try:
        with open(fd, "wb") as file:
            entries = {}
            # One by one: together they would leave a hole of 1.5 MiB in our memory.
            for name, entry, data in modules:
                entries[name] = tuple(entry._replace(offset=file.tell()))
                file.write(data)
                yield
            index = marshal.dumps((_made_for(), entries))
            file.write(index + len(index).to_bytes(4, "little") + _checksum(index))
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
