"""Regular expressions that cost nothing until the first of them is tried.

The module `re` is a tenth of the start of a daemon, and half a MiB of its memory; so is compiling
the expressions that wait in it for what rarely comes. A plain daemon tries none at all: what every
start or request needs is read by methods of strings (decision 0010).
"""

from supervisor.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as expression
else:

    class expression:
        """What `re.compile` returns, made when it is first used."""

        def __init__(self, pattern: str | bytes) -> None:
            self._pattern = pattern

        def __getattr__(self, name: str) -> Any:
            """A method of the compiled expression; found at once from then on."""
            # Late: see above.
            import re

            found = getattr(re.compile(self._pattern), name)
            setattr(self, name, found)
            return found


__all__ = ["expression"]
