"""What a daemon uses of large modules of the standard library, without what surrounds it.

`collections`, `functools`, `heapq`, `importlib` and `types` make classes and functions by the dozen
when they are imported, and import each other. A few names of theirs are used here, and
those are written in C, in modules that cost nothing to load. Together with `supervisor.sockets` and
`supervisor.signals` that is a sixth of the instructions of a start, and 0.6 MiB (decision 0010).

The objects are the same: ``lean.deque is collections.deque``. An interpreter that keeps them
elsewhere has the modules that everybody knows.
"""

import sys

from supervisor.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque as deque
    from functools import partial as partial
    from heapq import heapify as heapify
    from heapq import heappop as heappop
    from heapq import heappush as heappush
    from importlib.machinery import BuiltinImporter as BuiltinImporter
    from importlib.machinery import ModuleSpec as ModuleSpec
    from importlib.machinery import SourceFileLoader as SourceFileLoader
    from operator import attrgetter as attrgetter
    from types import CodeType as CodeType
    from types import FunctionType as FunctionType
    from types import MethodType as MethodType
    from types import ModuleType as ModuleType
else:
    try:
        from _collections import deque as deque
        from _frozen_importlib import BuiltinImporter as BuiltinImporter
        from _frozen_importlib import ModuleSpec as ModuleSpec
        from _frozen_importlib_external import SourceFileLoader as SourceFileLoader
        from _functools import partial as partial
        from _heapq import heapify as heapify
        from _heapq import heappop as heappop
        from _heapq import heappush as heappush
        from _operator import attrgetter as attrgetter
    except ImportError:
        from collections import deque as deque
        from functools import partial as partial
        from heapq import heapify as heapify
        from heapq import heappop as heappop
        from heapq import heappush as heappush
        from importlib.machinery import BuiltinImporter as BuiltinImporter
        from importlib.machinery import ModuleSpec as ModuleSpec
        from importlib.machinery import SourceFileLoader as SourceFileLoader
        from operator import attrgetter as attrgetter

    class _Example:
        def method(self):
            """What the types are taken from, as `types` does it."""

    FunctionType = type(_Example.method)
    CodeType = type(_Example.method.__code__)
    MethodType = type(_Example().method)
    ModuleType = type(sys)


def import_module(name: str) -> ModuleType:
    """A module by its full name. Raises what importing raises."""
    __import__(name)
    return sys.modules[name]
