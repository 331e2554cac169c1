"""Settings of the manual; built with warnings as errors by `make docs`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from supervisor import __version__  # noqa: E402  the path must be set first

project = "Supervisor"
author = "The supervisor developers"
copyright = "2026, " + author
release = version = __version__

extensions = ["from_code"]
exclude_patterns = ["_build", "examples", "measured"]
highlight_language = "none"
nitpicky = True

html_theme = "furo"
html_title = f"Supervisor {release}"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_copy_source = False
