"""Promised names: what plug-ins written for Python 2 and 3 import from here.

Nothing inside the package uses this module.
"""

import _thread as thread
import configparser as ConfigParser
import http.client as httplib
import importlib.resources
import sys
import syslog
import urllib.parse as urllib
import urllib.parse as urlparse
import xmlrpc.client as xmlrpclib
from base64 import decodebytes as decodestring
from base64 import encodebytes as encodestring
from hashlib import md5, sha1
from html import entities as htmlentitydefs
from html import escape
from html.parser import HTMLParser
from io import StringIO, TextIOBase
from pkgutil import resolve_name as import_spec
from string import ascii_letters as letters
from xmlrpc.client import Fault

__all__ = [
    "PY2",
    "ConfigParser",
    "Fault",
    "HTMLParser",
    "StringIO",
    "StringTypes",
    "as_bytes",
    "as_string",
    "basestring",
    "decodestring",
    "encodestring",
    "escape",
    "htmlentitydefs",
    "httplib",
    "import_spec",
    "is_text_stream",
    "letters",
    "long",
    "maxint",
    "md5",
    "raw_input",
    "resource_filename",
    "sha1",
    "syslog",
    "thread",
    "unichr",
    "unicode",
    "urllib",
    "urlparse",
    "xmlrpclib",
]

PY2 = False
long = int
basestring = str
unicode = str
unichr = chr
raw_input = input
StringTypes = (str,)
maxint = sys.maxsize


def as_bytes(s: str | bytes, encoding: str = "utf8") -> bytes:
    """Bytes of a text; bytes stay what they are."""
    return s if isinstance(s, bytes) else s.encode(encoding)


def as_string(s: str | bytes, encoding: str = "utf8") -> str:
    """Text of bytes; a text stays what it is."""
    return s if isinstance(s, str) else s.decode(encoding)


def is_text_stream(stream: object) -> bool:
    """True if the stream takes text."""
    return isinstance(stream, TextIOBase)


def resource_filename(package: str, path: str) -> str:
    """Path of a data file of an installed package."""
    return str(importlib.resources.files(package).joinpath(path))
