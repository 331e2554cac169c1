"""A process supervisor: everything is a supervised process."""

__version__ = "5.0.0.dev0"
