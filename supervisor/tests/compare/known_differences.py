"""Every difference from the reference release that we allow ourselves, and the row that allows it.

The rule of this module: a row names the table entry of the specification that says *fix*; `ours`
is what our programs say instead. An entry that no longer occurs fails the suite.
"""

from supervisor.tests.support.scenario import KnownDifference

KNOWN: tuple[KnownDifference, ...] = ()
