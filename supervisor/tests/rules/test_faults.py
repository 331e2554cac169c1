"""Faults of the reference that we mend: each has a test that is named after it.

The name of such a test begins with the ids of the faults that it proves mended, such as
``test_c17_utf8_bom_is_accepted``. An id is the letter of a specification and the number of a row
of its table of faults: C configuration, E events, L life cycle, S supervisorctl, W pages, X XML-RPC
and HTTP. Rows that are kept as they are have none here.
"""

import re

import pytest

from supervisor.tests.rules.source import functions, suite_modules

pytestmark = pytest.mark.xdist_group("source")
"""In one worker: the source is parsed once for all rules."""

MENDED = {
    "C1": "log file values are expanded twice",
    "C3": "reload with an invalid file ends the daemon",
    "C4": "a relative configuration file is looked for in another folder by a reload",
    "C5": "reread overwrites the live pidfile and logfile",
    "C6": "changed FastCGI sockets, and files that become AUTO, are not detected",
    "C7": "a FastCGI program in a group has no socket",
    "C10": "errors of keys at group level name neither section nor file",
    "C11": "errors of FastCGI sockets are printed as tuples",
    "C14": "supervisorctl shows a traceback on a malformed file",
    "C16": "IPv6 is not supported",
    "C17": "a byte order mark is refused",
    "C18": "an unreadable included file is skipped silently",
    "C19": "an empty user name with a password switches authentication off",
    "C20": "here is known in some keys only",
    "C21": "a FastCGI socket that cannot be made is a traceback",
    "C22": "variables that are gone survive rereads",
    "C28": "keys of [DEFAULT] reach plug-ins",
    "C29": "the wrong section is blamed for an unknown member of a group",
    "C30": "reordered events count as a change",
    "C31": "names are looked up at the start",
    "E1": "a refused event goes to other pools",
    "E2": "overlapping subscriptions deliver an event twice",
    "E3": "a listener that does not read ends the daemon",
    "E5": "up to a second between an event and its delivery",
    "E6": "a refused event is sent again without end or pause",
    "E7": "wrong words and odd lengths of results are accepted",
    "E8": "an empty result is noticed late",
    "E11": "captured text makes log events",
    "E15": "pcomm raises on Python 3",
    "E16": "get_headers fails on values with a colon",
    "L1": "signals do not wake the daemon",
    "L2": "a program that dies at once is declared running",
    "L3": "shutdown takes a second per group",
    "L4": "one signal is handled per pass",
    "L5": "a reload after an invalid edit ends everything",
    "L6": "a stop between retries leaves fewer of them",
    "L7": "short output is withheld, and lost at the end",
    "L8": "captured text makes log events",
    "L9": "the capture buffer exceeds its cap",
    "L11": "writing to a full stdin fails, or ends the daemon",
    "L12": "a FastCGI socket that cannot be made again ends the daemon",
    "L13": "a process in UNKNOWN that ends takes the daemon along",
    "L14": "SIGUSR1 ends the daemon",
    "L15": "rotation of what cannot be rotated fails",
    "L16": "a relative command is checked in another folder",
    "L17": "the search in PATH stops too early",
    "L18": "descriptors beyond minfds stay open",
    "L19": "the identifier is a regular expression",
    "L21": "a refused spawn leaves descriptors open",
    "L27": "the path of a FastCGI socket stays behind",
    "L29": "relative paths change their meaning",
    "L30": "modules are loaded after privileges were dropped",
    "L31": "a log on stdout has each line twice",
    "L32": "undecodable bytes do not reach syslog",
    "L33": "pidproxy notices the end late and hides the status",
    "L34": "a program with startsecs=0 may lack its success line",
    "L36": "a stop of a group does not wait for members that are stopping already",
    "S1": "--history_file has no effect",
    "S2": "-i with an action opens no shell",
    "S3": "a missing section is fatal even with -s",
    "S4": "supervisorctl ignores [include]",
    "S5": "a malformed file gives a traceback",
    "S6": "a 401 is tried twice",
    "S7": "-u without -p neither asks nor sends",
    "S8": "a wrong password in the shell asks for ever",
    "S10": "commands without a first check print a class for an unreachable server",
    "S11": "status during shutdown is a general error",
    "S17": "clear of a group fails",
    "S19": "unknown result codes are a ValueError",
    "S20": "FAILED on stop lacks the name of the process",
    "S21": "update on a broken file shows a raw fault",
    "S22": "update gives up at STILL_RUNNING",
    "S25": "reload with a broken file ends the daemon",
    "S26": "tail -0 shows everything, tail --5 begins at 5",
    "S27": "a tail that cuts a character is a status 500",
    "S28": "tail -f of an unknown name is a success",
    "S29": "tail -f knows neither IPv6, nor escapes, nor long passwords",
    "S30": "a character that is cut is printed as undecodable",
    "S31": "fg hangs, shows old output, and does not notice the end",
    "S32": "completion takes e for help",
    "S33": "completion of add offers what cannot be added",
    "S34": "completion of signal offers processes for the signal",
    "S35": "help prints one line per plug-in that knows nothing",
    "W1": "links act without a token",
    "W2": "redirects lead where the Host header says",
    "W3": "results of actions are permanent redirects",
    "W4": "anyone can have a message displayed",
    "W5": "arguments replace variables of the request",
    "W6": "an unknown action is a status 500 with a traceback",
    "W7": "pages are a status 500 during shutdown",
    "W8": "restart reports success when members failed",
    "W9": "stop of a stopped process is an unexpected fault",
    "W10": "every page waits for the deferred machinery",
    "W11": "the tail page shows stdout only, and fails on bytes that are no text",
    "W12": "BACKOFF and STARTING have no Stop",
    "W15": "markup is obsolete and the raw template reachable",
    "W18": "pidproxy searches no PATH and notices the end late",
    "X6": "getAllConfigInfo is a status 500 with autorestart=true",
    "X7": "bytes that are no text are a status 500 or invalid XML",
    "X8": "an offset that is no number is a status 500",
    "X9": "a name that is no string is a status 500",
    "X10": "TypeErrors of methods are hidden",
    "X11": "exceptions of methods are a status 500",
    "X12": "start of a process that is stopping does nothing",
    "X17": "clearing the logs of a stopped process does nothing",
    "X18": "clearing deletes and makes anew",
    "X19": "deferred results are polled",
    "X20": "a client that waits makes the daemon spin",
    "X21": "requests behind a deferred one get mixed up",
    "X22": "who waits gets no answer at shutdown",
    "X25": "what is no signal is accepted",
    "X26": "inherited methods are not listed",
    "X27": "methodHelp of nothing is None",
    "X29": "passwords are not compared in constant time",
    "X30": "bad encodings of credentials are a status 500",
    "X31": "a 401 does not close, as it says",
    "X32": "malformed requests hang or are a status 500",
    "X33": "routes answer what merely begins like them",
    "X34": "requests have neither limits nor deadlines",
    "X35": "deferred answers count characters",
    "X36": "Connection is compared with its case",
    "X38": "a truncated log ends its followers",
    "X39": "rotation loses what a follower has not read",
    "X40": "an instant exit is a success or a fault by chance",
    "X41": "proxies buffer the stream of the main log",
    "X42": "HTTP/1.0 streams deliver nothing until 64 KiB",
    "X43": "304 has the framing of a body",
    "X44": "redirects of folders lead to the name of a socket",
    "X45": "the raw template is served",
    "X46": "pcomm writes bytes to text streams",
    "X47": "get_headers fails on values with a colon",
}
"""Id of a fault -> what the reference does."""


def named_faults() -> set[str]:
    """Ids in the names of all tests."""
    names = (name for module in suite_modules() for name, _ in functions(module))
    found: set[str] = set()
    for name in names:
        ids = re.match(r"test_((?:[celswx][0-9]+_)+)", name.rpartition(".")[2])
        found.update(ids[1].upper().rstrip("_").split("_") if ids else ())
    return found


def test_every_mended_fault_has_a_test_named_after_it() -> None:
    """A fault that nobody proves mended comes back unnoticed."""
    assert sorted(MENDED.keys() - named_faults()) == []
