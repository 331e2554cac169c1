"""Tests of the web ring, over real sockets."""
