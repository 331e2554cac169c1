"""Packages of others, unmodified, at work with this daemon."""
