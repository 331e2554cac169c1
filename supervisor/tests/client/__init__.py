"""Tests of the client ring."""
