"""Every method and fault of the XML-RPC interface, and the HTTP around it (xmlrpc.md)."""

from supervisor.tests.support.scenario import Scenario
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    attempt,
    ctl,
    doing,
    raw_http,
    rpc,
    seeing,
    until,
    until_file,
    until_log,
)
from supervisor.tests.support.scenario_text import render

CAT = """
[program:cat]
command=cat
startsecs=0
[program:idle]
command=cat
autostart=false
[group:g]
programs=idle
"""

NAMES = ("", "nosuch", "cat:nosuch", "nosuch:cat", "idle", "g:idle:x", "cat:cat")

BY_NAME = (
    *("startProcess", "stopProcess", "getProcessInfo", "clearProcessLogs", "startProcessGroup"),
    *("stopProcessGroup", "addProcessGroup", "removeProcessGroup"),
)


def _signatures(stage: Stage) -> str:
    names = [
        n for n in stage.call("system.listMethods") if n.startswith(("supervisor.", "system."))
    ]
    return "\n".join(f"{name}: {attempt(stage, 'system.methodSignature', name)}" for name in names)


def _config_info(stage: Stage) -> str:
    infos = stage.call("supervisor.getAllConfigInfo")
    return render([{k: v for k, v in info.items() if k != "autorestart"} for info in infos])


def _autorestart(stage: Stage) -> str:
    infos = stage.call("supervisor.getAllConfigInfo")
    return str([info.get("autorestart", "not there") for info in infos])


def request(head: str, body: str = "") -> str:
    """An HTTP request with the length of its body."""
    return f"{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"


CALL = "<?xml version='1.0'?><methodCall><methodName>{}</methodName>{}</methodCall>"

SCENARIOS = (
    Scenario(
        "system_namespace",
        CAT,
        (
            rpc("system.listMethods"),
            seeing("all signatures", _signatures),
            rpc("system.methodSignature", "nosuch.method"),
            rpc("system.methodHelp", "nosuch.method"),
            rpc("system.methodSignature"),
            rpc("system.nosuch"),
            rpc("nosuch.getState"),
            rpc("supervisor.nosuch"),
            rpc("supervisor._update"),
            rpc("supervisor.getState.x"),
        ),
    ),
    Scenario(
        "multicall",
        CAT,
        (
            until("cat", "RUNNING"),
            rpc("system.multicall", []),
            rpc(
                "system.multicall",
                [
                    {"methodName": "supervisor.getAPIVersion"},
                    {"methodName": "supervisor.getState", "params": []},
                    {"methodName": "supervisor.getState", "params": [1]},
                    {"methodName": "supervisor.startProcess", "params": ["cat"]},
                    {"methodName": "supervisor.stopProcess", "params": ["cat"]},
                    {"methodName": "supervisor.startProcess", "params": ["cat"]},
                    {"methodName": "supervisor.stopProcess", "params": ["nosuch"]},
                    {"methodName": "system.multicall", "params": [[]]},
                    {"methodName": "no.such"},
                    {"params": []},
                ],
            ),
            rpc("system.multicall", 1),
            rpc("system.multicall"),
        ),
    ),
    Scenario(
        "plain_answers",
        CAT,
        (
            *(
                rpc(method)
                for method in (
                    *("getAPIVersion", "getVersion", "getIdentification", "getState"),
                    *("getSupervisorVersion",),
                )
            ),
            seeing("getPID is true", lambda s: str(s.call("supervisor.getPID") == s.daemon.pid)),
            rpc("sendRemoteCommEvent", "type", "data"),
        ),
        arguments=("-n", "-i", "named"),
    ),
    Scenario(
        "faults_by_name",
        CAT,
        (
            until("cat", "RUNNING"),
            *(
                rpc(method, name)
                for method in BY_NAME
                for name in NAMES
                if method != "startProcess"
            ),
            *(rpc("startProcess", name) for name in NAMES[:-1]),
            *(rpc("sendProcessStdin", name, "x") for name in NAMES[:-1]),
            *(rpc("signalProcess", name, "HUP") for name in NAMES[:-2]),
        ),
    ),
    Scenario(
        "faults_by_argument",
        CAT,
        (
            until("cat", "RUNNING"),
            rpc("getState", 1),
            rpc("getProcessInfo"),
            rpc("getProcessInfo", "cat", "cat"),
            rpc("readLog", 0),
            rpc("signalProcess", "cat"),
            rpc("sendProcessStdin", "cat", 5),
            rpc("startProcess", "cat"),
            rpc("startProcess", "cat", False),
            rpc("stopProcess", "g:idle"),
            rpc("stopProcess", "g:*"),
            rpc("addProcessGroup", "cat"),
            rpc("removeProcessGroup", "cat"),
            rpc("removeProcessGroup", "g"),
            rpc("reloadConfig"),
            rpc("addProcessGroup", "g"),
        ),
    ),
    Scenario(
        "signals_by_name_and_number",
        """
[program:sig]
command={dir}/sig.sh
startsecs=0
[program:idle]
command=cat
autostart=false
""",
        (
            until_file("ready"),
            until("sig", "RUNNING"),
            *(
                rpc("signalProcess", "sig", value)
                for value in ("USR1", "SIGUSR1", "usr1", " USR1 ", "10", 10, "nosuch", "9999", "")
            ),
            until_file("got", "usr1"),
            rpc("signalProcess", "idle", "USR1"),
            rpc("signalProcess", "idle", "nosuch"),
            rpc("signalProcessGroup", "sig", "USR1"),
            rpc("signalProcessGroup", "sig", "nosuch"),
            rpc("signalProcessGroup", "nosuch", "USR1"),
            rpc("signalAllProcesses", "USR1"),
            rpc("signalProcess", "sig:*", "USR1"),
            ctl("signal", "USR1", "sig"),
            ctl("signal", "usr1", "all"),
            ctl("signal", "USR1", "sig:*"),
            ctl("signal", "nosuch", "all"),
            ctl("signal", "USR1", "idle", "nosuch", "nosuch:*"),
        ),
        files={
            "sig.sh": "#!/bin/sh\ntrap 'echo usr1 >> {dir}/got' USR1\necho > {dir}/ready\n"
            "while :; do sleep 0.05; done\n"
        },
        crossed=True,
    ),
    Scenario(
        "stdin_of_a_process",
        """
[program:cat]
command=cat
startsecs=0
stdout_logfile={dir}/cat.log
[program:closed]
command=sh -c "exec <&-; echo > {dir}/ready; exec sleep 1000"
startsecs=0
[program:idle]
command=cat
autostart=false
""",
        (
            until("cat", "RUNNING"),
            rpc("sendProcessStdin", "cat", "grüße\n"),
            until_file("cat.log", "grüße"),
            until_file("ready"),
            rpc("sendProcessStdin", "closed", "x\n"),
            rpc("sendProcessStdin", "closed", "x\n"),
            rpc("sendProcessStdin", "idle", "x\n"),
            rpc("sendProcessStdin", "nosuch", "x\n"),
            rpc("sendProcessStdin", "cat:*", "x\n"),
        ),
    ),
    Scenario(
        "all_config_info",
        """
[program:plain]
command=cat -u
autostart=false
[program:full]
command=cat
autostart=false
process_name=full_%(process_num)d
numprocs=2
numprocs_start=3
directory=/tmp
user=nobody
umask=022
priority=7
startsecs=5
startretries=6
exitcodes=0,2
stopsignal=INT
stopwaitsecs=8
stopasgroup=true
redirect_stderr=true
stdout_logfile={dir}/full.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=4
stdout_capture_maxbytes=1KB
stdout_events_enabled=true
serverurl=http://example.test:80
[group:grp]
programs=plain
priority=3
""",
        (
            seeing("getAllConfigInfo()", _config_info),
            seeing("autorestart in getAllConfigInfo()", _autorestart),
            ctl("avail"),
            ctl("status"),
        ),
    ),
    Scenario(
        "http_around_the_calls",
        CAT,
        (
            raw_http(request("GET /RPC2 HTTP/1.1")),
            raw_http(request("POST /RPC2 HTTP/1.1", "no xml"), headers=("content-type",)),
            raw_http(
                request("POST /RPC2 HTTP/1.1", CALL.format("supervisor.getAPIVersion", "")),
                headers=("content-type", "content-length"),
            ),
            raw_http(
                request(
                    "POST /RPC2 HTTP/1.0", CALL.format("supervisor.getState", "<params></params>")
                ),
                headers=("content-type", "content-length", "connection"),
            ),
            raw_http(request("POST /RPC2 HTTP/1.1", CALL.format("", ""))),
            raw_http("POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            raw_http(request("PUT /RPC2 HTTP/1.1", "x")),
            raw_http(request("GET /nosuch HTTP/1.1")),
        ),
    ),
    Scenario(
        "password_is_asked_for",
        """
[unix_http_server]
username=user
password=secret
[supervisorctl]
username=user
password=secret
""",
        (
            doing("start", lambda stage: stage.daemon.start(wait=False)),
            until_log("supervisord started"),
            raw_http(request("GET /RPC2 HTTP/1.1"), headers=("www-authenticate",)),
            raw_http(
                request("GET /RPC2 HTTP/1.1\r\nAuthorization: Basic dXNlcjpzZWNyZXQ="),
                headers=("www-authenticate",),
            ),
            raw_http(
                request("GET /RPC2 HTTP/1.1\r\nAuthorization: basic dXNlcjpzZWNyZXQ="),
            ),
            raw_http(request("GET /RPC2 HTTP/1.1\r\nAuthorization: Basic d3Jvbmc6d3Jvbmc=")),
            raw_http(request("GET /nosuch HTTP/1.1")),
            ctl("version"),
            ctl("-u", "user", "-p", "wrong", "version"),
        ),
        starts=False,
        crossed=True,
    ),
    Scenario(
        "sha_password_and_tcp",
        """
[inet_http_server]
port=127.0.0.1:{port}
username=user
password={SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4
[program:cat]
command=cat
startsecs=0
""",
        (
            until("cat", "RUNNING"),
            ctl("-s", "http://127.0.0.1:{port}", "-u", "user", "-p", "secret", "status"),
            ctl("-s", "http://127.0.0.1:{port}", "-u", "user", "-p", "wrong", "status"),
            ctl("-s", "http://127.0.0.1:{port}", "status"),
            ctl("-s", "http://127.0.0.1:{port}", "-u", "user", "-p", "secret", "stop", "cat"),
        ),
        crossed=True,
    ),
)
