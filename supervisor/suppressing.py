"""Exceptions that do not matter in one place: `contextlib.suppress`, without all that it is with.
And `contextlib.nullcontext`, for blocks with which something is done at times only.

The rest of `contextlib` would be a hundredth of the start of a daemon (decision 0010).
"""


class suppress:
    """Whatever of these classes is raised in the block ends the block, and nothing else."""

    __slots__ = ("_kinds",)

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        """Nothing is needed for it."""

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> bool:
        return kind is not None and issubclass(kind, self._kinds)


class nullcontext:
    """Does nothing."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing is needed for it."""

    def __exit__(self, *raised: object) -> None:
        """Whatever is raised goes on."""
