"""Whole days of supervision in memory, with faults; each run is given by its seed."""
