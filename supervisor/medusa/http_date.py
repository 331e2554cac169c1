"""Promised names: time stamps in the headers of HTTP."""

from email.utils import formatdate, mktime_tz, parsedate_tz


def build_http_date(when: float) -> str:
    """A time in seconds since 1970 as a header says it (RFC 9110)."""
    return formatdate(when, usegmt=True)


def parse_http_date(d: str) -> int:
    """The time of a header in seconds since 1970; 0 if it cannot be read."""
    parts = parsedate_tz(d)
    return 0 if parts is None else int(mktime_tz(parts))
