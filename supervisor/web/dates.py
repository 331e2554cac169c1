"""The time of day as HTTP headers and access lines write it: always GMT, always English."""

import time

from supervisor.core.component import Clock

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class DateStamp:
    """Both spellings of the current second, made once per second (strftime knows locales)."""

    __slots__ = ("_access", "_clock", "_http", "_second")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._http = self._access = ""

    def http(self) -> str:
        """As in the Date header (RFC 1123)."""
        self._refresh()
        return self._http

    def access(self) -> str:
        """As in the access lines (common log format)."""
        self._refresh()
        return self._access

    def _refresh(self) -> None:
        second = int(self._clock.now().wall_s)
        if second == self._second:
            return
        self._second = second
        t = time.gmtime(second)
        month = _MONTHS[t.tm_mon - 1]
        clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
        self._http = f"{_DAYS[t.tm_wday]}, {t.tm_mday:02} {month} {t.tm_year:04} {clock} GMT"
        self._access = f"{t.tm_mday:02}/{month}/{t.tm_year:04}:{clock} +0000"
