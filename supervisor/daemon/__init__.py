"""WIRES IT UP: boot, loop, executor, and the channels of the children."""
