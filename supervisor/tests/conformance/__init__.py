"""One suite for every implementation of a seam: a difference is a bug of the fake."""
