"""How often and how long laws are tried: without time limits, a busy machine breaks no law."""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
