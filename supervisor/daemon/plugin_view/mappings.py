"""Mappings of what is active, which may come and go while another thread walks them.

Names are taken all at once. Values and items leave out what has gone since.
"""

from abc import abstractmethod

from supervisor.hints import Any, ItemsView, Iterator, MutableMapping, TypeVar, ValuesView

_T = TypeVar("_T")


class LiveMapping(MutableMapping[str, _T]):
    """Abstract: what is active, by name."""

    @abstractmethod
    def names(self) -> list[str]:
        """All names in this moment."""

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def values(self) -> ValuesView[_T]:
        """What is active."""
        return _Values(self)

    def items(self) -> ItemsView[str, _T]:
        """Names, and what is active by them."""
        return _Items(self)

    def __repr__(self) -> str:
        return repr(dict(self.items()))


class _Items(ItemsView[str, Any]):
    """What is there when its turn comes."""

    def __init__(self, mapping: LiveMapping[Any]) -> None:
        super().__init__(mapping)
        self._live = mapping

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self._live.names():
            try:
                found = self._live[name]
            except KeyError:
                # It has gone since its name was taken.
                continue
            yield name, found


class _Values(ValuesView[Any]):
    """What is there when its turn comes."""

    def __init__(self, mapping: LiveMapping[Any]) -> None:
        super().__init__(mapping)
        self._live = mapping

    def __contains__(self, value: object) -> bool:
        return any(each is value or each == value for each in self)

    def __iter__(self) -> Iterator[Any]:
        for _, found in _Items(self._live):
            yield found
