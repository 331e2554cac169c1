"""Long arrays that are made while they are read, so that nobody has to wait for all of one.

Thousands of structs take tenths of a second and megabytes: who reads them slice by slice, one in
each turn of the loop, keeps one slice of them at a time.
"""

from supervisor.hints import Any, Callable, Final, Iterator, Sequence

SLICE_COUNT: Final = 100
"""Elements made in one turn: for structs of processes about 4 ms of work, 0.1 where their XML is
at hand, and 100 KiB of XML. That is less than what the C library gives back to the system each
time: slices of 250 cost 14 times as much in the kernel."""


class Listing:
    """An array of which only is known what its elements are to be made from.

    What has gone before its slice is made is left out. It can be read once and again.
    """

    __slots__ = ("_make", "_sources", "_write")

    def __init__(
        self,
        sources: Sequence[Any],
        make: Callable[[Sequence[Any]], Iterator[Any]],
        write: Callable[[Sequence[Any]], bytes] | None = None,
    ) -> None:
        self._sources = sources
        self._make = make
        """Elements of some of the sources."""
        self._write = write
        """The same as XML, if that is known to be quick."""

    @property
    def is_quick(self) -> bool:
        """Whether the XML is so quickly made that nobody has to wait for it."""
        return self._write is not None and len(self._sources) <= SLICE_COUNT

    def texts(self) -> Iterator[bytes] | None:
        """The XML of the elements, many at a time; None if it is not known."""
        if self._write is None:
            return None
        starts = range(0, len(self._sources), SLICE_COUNT)
        parts = (self._sources[start : start + SLICE_COUNT] for start in starts)
        return map(self._write, parts)

    def __len__(self) -> int:
        """How many elements there are, if none is left out."""
        return len(self._sources)

    def slices(self) -> Iterator[list[Any]]:
        """The elements, some at a time."""
        for start in range(0, len(self._sources), SLICE_COUNT):
            yield list(self._make(self._sources[start : start + SLICE_COUNT]))

    def whole(self) -> list[Any]:
        """All elements at once."""
        return list(self._make(self._sources))
