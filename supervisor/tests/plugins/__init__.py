"""RPC plug-ins in a real daemon: what they are given, may do, and cannot harm."""
