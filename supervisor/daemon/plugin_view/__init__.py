"""The daemon as RPC plug-ins see it: the objects that they have always walked and changed.

Nothing here keeps a copy. What is read is what the daemon knows now; what is written takes effect
in the daemon. The classes are, or are derived from, those that plug-ins import by their promised
names. This package belongs to the rim: it is loaded with the first plug-in, and nothing inside
imports it.
"""
