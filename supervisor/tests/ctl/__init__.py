"""Tests of the ctl ring."""
