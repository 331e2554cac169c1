"""Tests of the configuration ring."""
