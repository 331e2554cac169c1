"""Stand-ins for the system, proven by the conformance suite to behave like it."""
