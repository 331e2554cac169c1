"""Settings of the manual; built with warnings as errors by `make docs`."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

_metadata = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]

project = "Supervisor"
author = "The supervisor developers"
copyright = "2026, " + author
release = version = _metadata["version"]

extensions = ["from_code"]
exclude_patterns = ["_build", "examples"]
highlight_language = "none"
nitpicky = True

html_theme = "furo"
html_title = f"Supervisor {release}"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_copy_source = False
