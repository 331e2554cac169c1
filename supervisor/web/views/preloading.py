"""All pages at once, with their templates and files: for a daemon that cannot read them later."""

import os

from supervisor.lean import import_module
from supervisor.web.views import statics
from supervisor.web.views.kit import Template


def load() -> None:
    """Load everything that is otherwise loaded by the first request for it."""
    for file in sorted(os.listdir(os.path.dirname(__file__))):
        name, extension = os.path.splitext(file)
        if extension == ".py" and name != "__init__":
            import_module(f"supervisor.web.views.{name}")
    for template in Template.all:
        template.read()
    for file, _ in statics.FILES.values():
        statics.content(file)
