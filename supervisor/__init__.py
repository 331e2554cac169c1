"""A process supervisor: everything is a supervised process."""
