"""Tests of the host ring: against the real system, in directories and on ports of their own."""
