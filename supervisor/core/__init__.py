"""DECIDES: state machines and policies. No system calls, no clock: time is an argument."""
