"""Tests of the real commands on the real system."""
