"""How much is left to chance: laws and simulations try everything, or a fifth for `make quick`.

SUPERVISOR_TEST_BUDGET says which. Only counts of tries depend on it: no test is left out.
"""

import os

BUDGET = os.environ.get("SUPERVISOR_TEST_BUDGET", "full")
DIVISOR = {"full": 1, "quick": 5}[BUDGET]


def tries(full_count: int) -> int:
    """How often to try what is tried that often by the whole suite."""
    return max(1, full_count // DIVISOR)
