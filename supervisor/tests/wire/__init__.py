"""Tests of the wire ring."""
