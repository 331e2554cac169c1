"""Templates of pages: the one door to meld3.

It is opened by pages alone: a daemon that serves none does not load it.
"""

from io import BytesIO

import meld3

from supervisor.hints import Any

_NAMESPACE = b"https://github.com/Supervisor/supervisor"
"""What templates bind the prefix `meld` to."""

_MELD3_NAMESPACE = b"http://www.plope.com/software/meld3"
"""The same, as the package calls it."""


def load_template(path: str) -> Any:
    """Root element of a template, well-formed XML with `meld:id` attributes.

    Raises OSError, and xml.parsers.expat.ExpatError for what is no XML.
    """
    with open(path, "rb") as file:
        text = file.read()
    return meld3.parse_xml(BytesIO(text.replace(_NAMESPACE, _MELD3_NAMESPACE)))
