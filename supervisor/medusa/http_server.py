"""Promised names: what plug-ins do with the headers of a request."""

import re

from supervisor.hints import Iterable
from supervisor.medusa import http_date

__all__ = ["get_header", "http_date"]


def get_header(head_reg: re.Pattern[str], lines: Iterable[str], group: int = 1) -> str:
    """A group of the first line that matches completely; an empty text if none does."""
    for line in lines:
        match = head_reg.fullmatch(line)
        if match is not None:
            return match.group(group)
    return ""
