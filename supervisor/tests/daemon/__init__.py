"""Tests of the daemon ring: loop, executor, channels, children, configuration, logs."""
