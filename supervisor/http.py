"""Promised names: how a method of an RPC plug-in says that its answer is not known yet.

The servers themselves are not made of the classes that used to be here (manual, "Promised names").
Nothing inside the package uses this module.
"""

from supervisor.rpc.polling import NOT_DONE_YET

__all__ = ["NOT_DONE_YET"]
