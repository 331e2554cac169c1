"""A daemon with a certificate, and the clients that people use: curl, Python, supervisorctl."""

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.client.address import Trust, parse_serverurl
from supervisor.client.http_stream import Answered, HttpStream
from supervisor.tests.support.certificates import Authority, Files, locked
from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    clean_environment,
    free_port,
    wait_until,
)

PROGRAM = """
[program:talker]
command = sh -c 'echo to be read; exec cat'
startsecs = 0
"""


class TlsDaemon(LiveDaemon):
    """A daemon with an https port, and a supervisorctl that talks to that."""

    def __init__(self, directory: Path, files: Files, *, more: str = "", rest: str = "") -> None:
        self.port = free_port()
        self.files = files
        super().__init__(OUR_DAEMON, self.config_text(files, more, rest), directory)

    def config_text(self, files: Files, more: str = "", rest: str = "") -> str:
        """`more` is for the server, `rest` for behind it."""
        return (
            f"[inet_http_server]\nport = 127.0.0.1:{self.port}\n"
            f"ssl_certfile = {files.certfile}\nssl_keyfile = {files.keyfile}\n{more}\n"
            f"[supervisorctl]\nserverurl = {self.url}\nssl_ca = {files.ca}\n{PROGRAM}{rest}\n"
        )

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def shake_hands(self, files: Files, **details: Any) -> ssl.SSLSocket:
        """A Python client that trusts the authority of these files."""
        context = ssl.create_default_context(cafile=str(files.ca))
        if "certfile" in details:
            context.load_cert_chain(details["certfile"], details["keyfile"])
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)
        return context.wrap_socket(sock, server_hostname="localhost")

    def serial_number(self, files: Files) -> str:
        """Of the certificate that new clients are shown."""
        with self.shake_hands(files) as client:
            found = client.getpeercert()
            assert found is not None
            return str(found["serialNumber"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def files(authority: Authority) -> Files:
    return authority.issue()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[TlsDaemon]:
    with TlsDaemon(tmp_path_factory.mktemp("d"), files) as running:
        running.wait_state("talker", "RUNNING")
        yield running


def curl(*words: str) -> subprocess.CompletedProcess[str]:
    """What curl says."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return subprocess.run(
        ["curl", "-sS", "--max-time", "15", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


# ------------------------------------------------------------------------------------- clients


def test_curl_is_answered(daemon: TlsDaemon, files: Files) -> None:
    """With verification; without trust it refuses, and over plain HTTP it is told what to do."""
    done = curl("--cacert", str(files.ca), f"{daemon.url}/ok.html")
    assert done.stdout == "OK"
    assert curl(f"{daemon.url}/ok.html").returncode == 60
    plain = curl("-i", f"http://localhost:{daemon.port}/ok.html")
    assert plain.stdout.startswith("HTTP/1.1 400 Bad Request\n")
    assert plain.stdout.endswith("This server speaks HTTPS: its URL begins with https://\n")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_versions_are_spoken(daemon: TlsDaemon, files: Files, version: str) -> None:
    """TLS 1.2 and 1.3, by the same certificate."""
    done = curl(
        f"--tlsv{version}", "--tls-max", version, "--cacert", str(files.ca), f"{daemon.url}/ok.html"
    )
    assert done.stdout == "OK"
    assert curl("-k", "--tls-max", "1.1", f"{daemon.url}/ok.html").returncode == 35


def test_xmlrpc_is_spoken_over_tls(daemon: TlsDaemon, files: Files) -> None:
    """As Python's own client does it."""
    context = ssl.create_default_context(cafile=str(files.ca))
    with xmlrpc.client.ServerProxy(f"{daemon.url}/RPC2", context=context) as proxy:
        info: Any = proxy.supervisor.getProcessInfo("talker")
        assert info["statename"] == "RUNNING"
        assert proxy.supervisor.readProcessStdoutLog("talker", 0, 100) == "to be read\n"


def test_log_is_followed_over_tls(daemon: TlsDaemon, files: Files) -> None:
    """A stream goes on while the program writes."""
    client = http.client.HTTPSConnection(
        "localhost",
        daemon.port,
        context=ssl.create_default_context(cafile=str(files.ca)),
        timeout=DEADLINE_S,
    )
    client.request("GET", "/logtail/talker")
    response = client.getresponse()
    assert response.read1(100) == b"to be read\n"
    for line in ("one\n", "two\n"):
        daemon.rpc.supervisor.sendProcessStdin("talker", line)
        assert response.read1(100) == line.encode()
    client.close()


def test_supervisorctl_speaks_https(daemon: TlsDaemon) -> None:
    """By the serverurl and ssl_ca of its section."""
    done = daemon.ctl("status", "talker")
    assert done.returncode == 0, done.stderr
    assert re.match(r"talker +RUNNING", done.stdout)
    assert "to be read" in daemon.ctl("tail", "talker").stdout


def test_many_silent_clients_disturb_nobody(daemon: TlsDaemon, files: Files) -> None:
    """Handshakes that stall, garbage, plain HTTP: programs and other clients notice nothing."""
    openings = [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 600]
    silent = []
    try:
        for number in range(300):
            sock = socket.create_connection(("127.0.0.1", daemon.port), timeout=DEADLINE_S)
            silent.append(sock)
            sock.sendall(openings[number % len(openings)])
        daemon.rpc.supervisor.stopProcess("talker")
        daemon.rpc.supervisor.startProcess("talker")
        assert curl("--cacert", str(files.ca), f"{daemon.url}/ok.html").stdout == "OK"
    finally:
        for sock in silent:
            sock.close()
    daemon.wait_state("talker", "RUNNING")
    assert "unexpected exception" not in daemon.log_text()


# --------------------------------------------------------------------- supervisorctl in trouble


def hint_of(daemon: TlsDaemon, *words: str) -> str:
    """What supervisorctl tells a person when it cannot talk to the daemon."""
    done = daemon.ctl(*words)
    assert done.returncode != 0
    prefix = "cannot reach supervisord: "
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(prefix)]
    return line.removeprefix(prefix)


def test_unknown_authority_is_told(daemon: TlsDaemon, tmp_path: Path) -> None:
    """With the key that names another one."""
    other = Authority(tmp_path / "other").issue()
    daemon.write_config(daemon.config_text(daemon.files._replace(ca=other.ca)))
    try:
        told = hint_of(daemon, "status")
    finally:
        daemon.write_config(daemon.config_text(daemon.files))
    assert "is not signed by an authority that is trusted here" in told
    assert f"set ssl_ca in [supervisorctl] in {daemon.config} to a file with the" in told


def test_missing_authority_is_told(daemon: TlsDaemon, tmp_path: Path) -> None:
    """With the name of the file; it is no missing socket."""
    missing = tmp_path / "none.crt"
    daemon.write_config(daemon.config_text(daemon.files._replace(ca=missing)))
    try:
        told = hint_of(daemon, "status")
    finally:
        daemon.write_config(daemon.config_text(daemon.files))
    assert told == (
        f"cannot use {missing}: No such file or directory; correct ssl_ca in [supervisorctl]"
    )


def test_other_name_is_told(daemon: TlsDaemon) -> None:
    """A certificate is for the names that it holds."""
    told = hint_of(daemon, "-s", f"https://127.1:{daemon.port}", "status")
    assert "is for another name" in told


def test_verification_can_be_switched_off(daemon: TlsDaemon) -> None:
    """For tests; whoever does so is told in the manual what that means."""
    text = daemon.config_text(daemon.files).replace(
        f"ssl_ca = {daemon.files.ca}", "ssl_verify = no"
    )
    daemon.write_config(text)
    try:
        done = daemon.ctl("-s", f"https://127.1:{daemon.port}", "status")
    finally:
        daemon.write_config(daemon.config_text(daemon.files))
    assert done.returncode == 0, done.stderr


def test_wrong_protocol_is_told(daemon: TlsDaemon, tmp_path: Path) -> None:
    """Both ways round."""
    told = hint_of(daemon, "-s", f"http://localhost:{daemon.port}", "status")
    assert "write https:// in serverurl" in told
    port = free_port()
    plain = f"[inet_http_server]\nport = 127.0.0.1:{port}\n"
    with LiveDaemon(OUR_DAEMON, plain, tmp_path / "plain"):
        told = hint_of(daemon, "-s", f"https://localhost:{port}", "status")
    assert f"what answers at https://localhost:{port} does not speak TLS; write http://" in told


def test_expired_certificate_is_told_by_both_sides(authority: Authority, tmp_path: Path) -> None:
    """The daemon starts, because programs must; its log and supervisorctl say what is wrong."""
    late = authority.issue("late", begins_in_days=-20, days=-10)
    with TlsDaemon(tmp_path / "d", late) as daemon:
        daemon.wait_state("talker", "RUNNING")
        assert hint_of(daemon, "status") == (
            f"the certificate of {daemon.url} has expired; renew it there"
        )
        log = daemon.wait_log("has expired on")
        assert f"CRIT the certificate {late.certfile} of [inet_http_server] has expired on" in log
        assert "renew it, then run: supervisorctl reread" in log


# ------------------------------------------------------------------------- client certificates


def test_only_clients_with_a_certificate_come_in(
    authority: Authority, files: Files, tmp_path: Path
) -> None:
    """With ssl_client_ca: curl, Python and supervisorctl; others are told what is wanted."""
    mine, other = authority.issue("client"), Authority(tmp_path / "other").issue("client")
    more = f"ssl_client_ca = {authority.path}\nallow_insecure = false"
    with TlsDaemon(tmp_path / "d", files, more=more) as daemon:
        url = f"{daemon.url}/ok.html"
        keys = ("--cert", str(mine.certfile), "--key", str(mine.keyfile))
        assert curl("--cacert", str(files.ca), *keys, url).stdout == "OK"
        assert curl("--cacert", str(files.ca), url).returncode != 0
        with daemon.shake_hands(files, certfile=mine.certfile, keyfile=mine.keyfile) as client:
            client.sendall(b"GET /ok.html HTTP/1.0\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.0 200 OK")
        with pytest.raises(ssl.SSLError), daemon.shake_hands(files) as client:
            client.recv(1)
        told = hint_of(daemon, "status")
        assert "wants a certificate of this client that its ssl_client_ca has signed" in told
        for each, code in ((mine, 0), (other, 1)):
            own = f"ssl_certfile = {each.certfile}\nssl_keyfile = {each.keyfile}\n"
            text = daemon.config_text(files, more)
            daemon.write_config(text.replace("ssl_ca =", f"{own}ssl_ca ="))
            done = daemon.ctl("version")
            assert done.returncode == code, done.stderr
        assert "without any HTTP authentication" not in daemon.log_text().split("unix_http")[0]


# --------------------------------------------------------------------------- start and renewal


def refusal_at_start(directory: Path, files: Files) -> str:
    """What a daemon says that does not start; a check says it as well."""
    daemon = TlsDaemon(directory, files)
    daemon.start(wait=False)
    assert daemon.wait() == 2
    (line,) = [line for line in daemon.output().splitlines() if line.startswith("Error: ")]
    check = TlsDaemon(directory, files)
    check.arguments = ("--check",)
    check.start(wait=False)
    assert check.wait() == 2
    assert line.removeprefix("Error: ") in check.output()
    return line


def test_missing_certificate_is_told_at_start(files: Files, tmp_path: Path) -> None:
    """Which file, why, and which key names it."""
    missing = files._replace(keyfile=tmp_path / "none.key")
    assert refusal_at_start(tmp_path / "d", missing) == (
        f"Error: cannot use TLS on [inet_http_server]: cannot read {missing.keyfile}: No such file"
        f" or directory (running as uid {os.geteuid()}; see ssl_keyfile in the configuration)"
    )


def test_locked_key_is_told_at_start(authority: Authority, tmp_path: Path) -> None:
    """It must not wait for somebody to type a password."""
    files = authority.issue("locked")
    locked(files.keyfile)
    assert "is protected by a password" in refusal_at_start(tmp_path / "d", files)


def test_check_warns_of_the_end_of_a_certificate(authority: Authority, tmp_path: Path) -> None:
    """It can be used, so it is no error."""
    daemon = TlsDaemon(tmp_path / "d", authority.issue("soon", days=3))
    daemon.arguments = ("--check",)
    daemon.start(wait=False)
    assert daemon.wait() == 0
    assert "will expire on" in daemon.output()
    assert "0 errors" in daemon.output()


def test_new_certificate_is_taken_by_reread(authority: Authority, tmp_path: Path) -> None:
    """For new connections; those that are open, and all programs, notice nothing."""
    files = authority.issue("renewed")
    with TlsDaemon(tmp_path / "d", files) as daemon:
        pid = daemon.wait_state("talker", "RUNNING")["pid"]
        before = daemon.serial_number(files)
        with daemon.shake_hands(files) as open_one:
            authority.issue("renewed")
            assert daemon.serial_number(files) == before
            assert daemon.ctl("reread").returncode == 0
            assert daemon.serial_number(files) != before
            open_one.sendall(b"GET /ok.html HTTP/1.0\r\n\r\n")
            assert open_one.recv(65536).startswith(b"HTTP/1.0 200 OK")
        assert daemon.info("talker")["pid"] == pid


@pytest.mark.parametrize("command", ["reread", "reload"])
def test_broken_certificate_changes_nothing(
    authority: Authority, tmp_path: Path, command: str
) -> None:
    """It is told in clear words; what runs goes on with what it had."""
    files = authority.issue("broken")
    with TlsDaemon(tmp_path / "d", files) as daemon:
        pid = daemon.wait_state("talker", "RUNNING")["pid"]
        before = daemon.serial_number(files)
        files.certfile.write_text("not yet written")
        done = daemon.ctl(command)
        assert done.returncode != 0
        assert "CANT_REREAD: cannot use TLS on [inet_http_server]: there is no cert" in done.stdout
        assert daemon.serial_number(files) == before
        assert daemon.info("talker")["pid"] == pid
        daemon.wait_log(f"there is no certificate in PEM in {files.certfile}")


def test_new_certificate_is_taken_by_a_restart(authority: Authority, tmp_path: Path) -> None:
    """SIGHUP and reload begin with what is on disk."""
    files = authority.issue("restarted")
    with TlsDaemon(tmp_path / "d", files) as daemon:
        daemon.wait_state("talker", "RUNNING")
        before = daemon.serial_number(files)
        authority.issue("restarted")
        assert daemon.ctl("reload").returncode == 0

        def is_renewed() -> bool:
            try:
                return daemon.serial_number(files) != before
            except OSError:
                return False

        wait_until(is_renewed, "the daemon is back with the new certificate")


# ---------------------------------------------------------------------------- what is not loaded


def loaded_libraries(daemon: LiveDaemon) -> set[str]:
    """Names of the shared libraries that a daemon has in memory."""
    maps = Path(f"/proc/{daemon.pid}/maps").read_text("utf-8")
    return {Path(line.split(maxsplit=5)[-1]).name for line in maps.splitlines() if ".so" in line}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has loaded")
def test_openssl_is_loaded_only_for_a_certificate(files: Files, tmp_path: Path) -> None:
    """A daemon without TLS is as small as before, whoever has asked it over plain HTTP."""
    port = free_port()
    plain = f"[inet_http_server]\nport = 127.0.0.1:{port}\nusername = u\npassword = p\n{PROGRAM}"
    with LiveDaemon(OUR_DAEMON, plain, tmp_path / "plain") as daemon:
        daemon.wait_state("talker", "RUNNING")
        assert curl("-u", "u:p", f"http://127.0.0.1:{port}/ok.html").stdout == "OK"
        daemon.rpc.supervisor.reloadConfig()
        assert not [name for name in loaded_libraries(daemon) if "ssl" in name or "crypto" in name]
    with TlsDaemon(tmp_path / "tls", files) as daemon:
        assert [name for name in loaded_libraries(daemon) if "_ssl" in name]


def test_open_server_is_refused_without_allow_insecure(tmp_path: Path) -> None:
    """For everybody on the network, without any password."""
    text = f"[inet_http_server]\nport = {free_port()}\nallow_insecure = false\n"
    daemon = LiveDaemon(OUR_DAEMON, text, tmp_path / "d")
    daemon.start(wait=False)
    assert daemon.wait() == 2
    assert "is open to other machines and asks nobody for a password" in daemon.output()


def test_made_secrets_let_in(files: Files, tmp_path: Path) -> None:
    """What hash-password and make-token print, pasted into the file, is what they are for."""
    nobody = LiveDaemon(OUR_DAEMON, "", tmp_path / "nobody")
    hashed = nobody.ctl("hash-password", typed="my secret\n").stdout.strip()
    token, line = nobody.ctl("make-token", "30").stdout.splitlines()
    rest = (
        f"[user:alice]\npassword = {hashed}\nroles = operate\n[user:robot]\n{line}\nroles = admin\n"
    )
    with TlsDaemon(tmp_path / "d", files, rest=rest) as daemon:
        alice = ("-u", "alice", "-p", "my secret")
        assert daemon.ctl(*alice, "restart", "talker").returncode == 0
        assert "FORBIDDEN" in daemon.ctl(*alice, "shutdown").stdout
        daemon.write_config(
            daemon.config_text(files, rest=rest).replace("ssl_ca", f"token = {token}\nssl_ca")
        )
        assert daemon.ctl("version").returncode == 0
        assert daemon.ctl("tail", "talker").returncode == 0
        begun_s = time.monotonic()
        assert daemon.ctl("shutdown").stdout == "Shut down\n"
        daemon.wait()
        assert time.monotonic() - begun_s < DEADLINE_S


def test_renegotiation_is_refused(daemon: TlsDaemon, files: Files) -> None:
    """A client of TLS 1.2 that asks for new keys gets none, and is answered all the same."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    client = subprocess.Popen(
        ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{daemon.port}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = client.communicate(b"R\n", timeout=DEADLINE_S)
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said
    assert curl("--cacert", str(files.ca), f"{daemon.url}/ok.html").stdout == "OK"


def test_stream_is_read_without_waiting(daemon: TlsDaemon, files: Files) -> None:
    """As supervisorctl reads several at once: what TLS holds back is not waited for."""
    address = parse_serverurl(daemon.url, Trust(str(files.ca)))
    stream = HttpStream(address, "/logtail/talker", {})
    stream.open()
    try:
        happened: list[Any] = []

        def has_come() -> bool:
            happened.extend(stream.receive())
            return b"to be read\n" in b"".join(each for each in happened if type(each) is bytes)

        wait_until(has_come, "the log has come")
        assert isinstance(happened[0], Answered)
        assert list(stream.receive()) == []
    finally:
        stream.close()


def test_programs_find_the_daemon(authority: Authority, files: Files, tmp_path: Path) -> None:
    """By the URL in their environment; they trust what SSL_CERT_FILE names."""
    script = tmp_path / "child.py"
    script.write_text(
        "import os\nfrom supervisor import childutils\n"
        "rpc = childutils.getRPCInterface({'SUPERVISOR_SERVER_URL': os.environ['URL']})\n"
        "print(rpc.supervisor.getIdentification())\n"
    )
    with TlsDaemon(tmp_path / "d", files) as daemon:
        environment = {"URL": daemon.url, "SSL_CERT_FILE": str(files.ca)}
        done = subprocess.run(
            [sys.executable, str(script)],
            env=clean_environment((sys.executable,), environment),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert done.stdout == "supervisor\n", done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop privileges")
def test_daemon_without_privileges_serves_tls(authority: Authority, tmp_path: Path) -> None:
    """It has loaded what that takes before; the files are read as its user."""
    files = authority.issue("nobody")
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        for path in (files.certfile, files.keyfile):
            shutil.copy(path, directory)
        own = Files(directory / "nobody.crt", directory / "nobody.key", files.ca)
        for path in (directory, own.certfile, own.keyfile):
            os.chown(path, 65534, 65534)
        own.keyfile.chmod(0o600)
        daemon = TlsDaemon(directory / "d", own, rest="[supervisord]\nuser = 65534\n")
        os.chown(daemon.directory, 65534, 65534)
        with daemon:
            assert curl("--cacert", str(files.ca), f"{daemon.url}/ok.html").stdout == "OK"
            assert daemon.rpc.supervisor.reloadConfig()
            os.chown(own.keyfile, 0, 0)
            with pytest.raises(xmlrpc.client.Fault, match="running as uid 65534"):
                daemon.rpc.supervisor.reloadConfig()


def test_signal_to_restart_with_a_broken_certificate_changes_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    """SIGHUP has nobody to answer: the log tells."""
    files = authority.issue("hup")
    with TlsDaemon(tmp_path / "d", files) as daemon:
        pid = daemon.wait_state("talker", "RUNNING")["pid"]
        files.keyfile.unlink()
        daemon.signal(signal.SIGHUP)
        daemon.wait_log(f"cannot use TLS on [inet_http_server]: cannot read {files.keyfile}")
        assert daemon.info("talker")["pid"] == pid
        assert curl("--cacert", str(files.ca), f"{daemon.url}/ok.html").stdout == "OK"
