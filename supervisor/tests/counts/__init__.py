"""What a daemon does for one thing, by count: a regression fails here without a clock.

A bound is the count at present, and a comment says what it is made of. Who makes the daemon do less
lowers the bound; nobody raises one without saying what is had for it.
"""
