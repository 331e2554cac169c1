"""Tests of the logs ring: real files, pipes, terminals and a full disk."""
