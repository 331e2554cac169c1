"""The access to one server, and what its late routes are given: made when first needed."""

from supervisor.core.component import Timers
from supervisor.tuples import NamedTuple
from supervisor.web.access.digests import keyed_text
from supervisor.web.access.door import Door, DoorFacts
from supervisor.web.access.forms import FormTokens
from supervisor.web.access.passwords import ScryptPasswords
from supervisor.web.access.sessions import SessionStore
from supervisor.web.service import Ports


class Access(NamedTuple):
    """What there is once for each server."""

    door: Door
    forms: FormTokens
    timers: Timers


def make_access(facts: DoorFacts, ports: Ports, scrypt: ScryptPasswords, address: str) -> Access:
    """The access to the server at that address."""
    # Browsers send a cookie to all ports of a machine: each server needs a name of its own.
    suffix = keyed_text(b"cookie", facts.section, address)[:8]
    sessions = SessionStore(ports.clock, f"supervisor_{suffix}")
    return Access(Door(facts, ports, sessions, scrypt), FormTokens(sessions), ports.timers)
