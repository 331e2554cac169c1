"""Programs that get into trouble on purpose, for packages that look after programs."""

from pathlib import Path

from supervisor.tests.compat.site import Site

SLEEPER = """
[program:{name}]
command = sleep 600
startsecs = 0
stopasgroup = true
"""

_HOG = """
import time
hoard = bytearray(b"x") * (64 << 20)
time.sleep(600)
"""

_WEB = """
import http.server, pathlib, sys
marker = pathlib.Path("web.was-started")
status = 200 if marker.exists() else 503
marker.touch()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def sleeper(name: str) -> str:
    """Section of a program that is well and does nothing."""
    return SLEEPER.format(name=name)


def hog(site: Site) -> str:
    """Section of a program `hog` with more than 64 MiB of memory."""
    return f"[program:hog]\ncommand = {_script(site, 'hog', _HOG)}\nstartsecs = 0\n"


def sick_web_server(site: Site, port: int) -> str:
    """Section of a server `web` that answers 503 until it is started for a second time."""
    line = _script(site, "web", _WEB)
    return f"[program:web]\ncommand = {line} {port}\ndirectory = {site.directory}\nstartsecs = 0\n"


def crasher(name: str = "crasher") -> str:
    """Section of a program that is up for a moment and then exits with 3; start it by hand."""
    return f"""
[program:{name}]
command = sh -c "echo about to crash; exit 3"
autostart = false
autorestart = false
startsecs = 0
"""


def talker(name: str = "talker") -> str:
    """Section of a program whose stdout becomes events; start it by hand."""
    return f"""
[program:{name}]
command = sh -c "echo hello from {name}; exec sleep 600"
autostart = false
startsecs = 0
stdout_events_enabled = true
"""


def listener(name: str, command: str, events: str, more: str = "") -> str:
    """Section of an event listener."""
    return f"""
[eventlistener:{name}]
command = {command}
events = {events}
startsecs = 0
{more}
"""


def _script(site: Site, name: str, text: str) -> str:
    path: Path = site.directory / f"{name}.py"
    path.write_text(text, "utf-8")
    return f"{site.side.python} {path}"
