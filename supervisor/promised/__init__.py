"""What stands behind the promised names: thin classes over what the package really does.

Third parties import them from `supervisor.options`, `supervisor.datatypes` and their likes, never
from here.
"""
