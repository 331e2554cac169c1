"""``[inet_http_server]`` and ``[unix_http_server]`` sections → the servers to open."""

from supervisor.config.document import Document, Section
from supervisor.config.expand import Names
from supervisor.config.groups import keys_of
from supervisor.config.reading import Options, Reader
from supervisor.config.sections.servers import (
    INET_OPTIONS,
    INET_PREFIX,
    SOCKET_MODE_DEFAULT,
    UNIX_OPTIONS,
    UNIX_PREFIX,
    ServerSettings,
)
from supervisor.config.sections.users import UserSettings
from supervisor.config.values import Origin, Ownership
from supervisor.hints import Any, Iterable, Sequence

_PASSED_ON = ("allow_insecure", "allowed_hosts", "ssl_certfile", "ssl_keyfile", "ssl_client_ca")
_REMEDIES = "username and password, a [user:NAME], ssl_client_ca, or port = 127.0.0.1:9001"
_NOT_CHANGED = Ownership(None, None)


_SCRYPT_PREFIX = "{SCRYPT}"


def read_servers(document: Document, reader: Reader) -> tuple[ServerSettings, ...]:
    """All servers in the order in which they are opened: inet, then unix."""
    servers = [_read_inet(section, reader) for section in document.with_prefix(INET_PREFIX)]
    servers += [_read_unix(section, reader) for section in document.with_prefix(UNIX_PREFIX)]
    return tuple(server for server in servers if server is not None)


def judge_openness(
    document: Document,
    reader: Reader,
    opened: Iterable[ServerSettings],
    users: Iterable[UserSettings],
) -> None:
    """Tell of servers that everybody who can reach them may use, or refuse them.

    Clients prove who they are by the user name of the server, the secret of a user, or a
    certificate. The machine's own users are not judged here: chmod and loopback are for them.
    """
    has_secrets = any(user.has_secret for user in users)
    for server in opened:
        is_asking = server.username is not None or server.ssl_client_ca is not None or has_secrets
        if server.kind == "unix" or is_asking or _is_loopback(server.host):
            continue
        section = document.sections[server.section]
        message = (
            f"[{server.section}] is open to other machines and asks nobody for a password: "
            "whoever can reach it can run commands as the user of the daemon"
        )
        if not server.allow_insecure:
            reader.problems.error(message, section.place_of("allow_insecure"), _REMEDIES)
        elif section.get("allow_insecure") is None:
            reader.problems.warn(message, section.place_of("port"), f"set {_REMEDIES}")


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def server_url(servers: Sequence[ServerSettings]) -> str | None:
    """URL for children: the first unix server, else the last inet server (C26), else none."""
    for server in servers:
        if server.kind == "unix":
            return server.url
    return servers[-1].url if servers else None


def _read_inet(section: Section, reader: Reader) -> ServerSettings | None:
    values = _read(section, reader, INET_OPTIONS)
    _check_certificates(section, reader)
    address = values.get("port")
    if address is None:
        _require(section, reader, "port", "port = 127.0.0.1:9001")
        return None
    return ServerSettings(
        kind="inet",
        name=section.name.partition(":")[2],
        section=section.name,
        origin=Origin(section.source.path, section.line),
        host=address.host,
        port=address.port,
        **_credentials(values),
        **{key: values[key] for key in _PASSED_ON if key in values},
    )


def _read_unix(section: Section, reader: Reader) -> ServerSettings | None:
    entry = section.get("file")
    if entry is None or not entry.text.strip():
        reader.problems.error(
            f"section [{section.name}] has no file value",
            section.place_of("file"),
            "file = /path/of/the/socket",
        )
    values = _read(section, reader, UNIX_OPTIONS)
    if "file" not in values:
        return None
    owner = values.get("chown", _NOT_CHANGED)
    return ServerSettings(
        kind="unix",
        name=section.name.partition(":")[2],
        section=section.name,
        origin=Origin(section.source.path, section.line),
        file=values["file"],
        chmod=values.get("chmod", SOCKET_MODE_DEFAULT),
        uid=owner.uid,
        gid=owner.gid,
        **_credentials(values),
        **{key: values[key] for key in _PASSED_ON if key in values},
    )


def _read(section: Section, reader: Reader, options: Options) -> dict[str, Any]:
    reader.warn_about_unknown_keys(section, keys_of([options]))
    values: dict[str, Any] = {}
    names = Names(reader.environ)
    for field_name, option in options.items():
        values.update(reader.read(section, {field_name: option}, names))
        if field_name == "password":
            _check_credentials(section, reader, values)
    return values


def _check_credentials(section: Section, reader: Reader, values: dict[str, Any]) -> None:
    """A server must not lose its protection by half of it missing."""
    username, password = section.get("username"), section.get("password")
    if (username is None) != (password is None):
        reader.problems.error(
            f"Section [{section.name}] contains incomplete authentication: If a username or a "
            "password is specified, both the username and password must be specified",
            section.place_of("username" if password is None else "password"),
        )
    elif values.get("username") == "" and values.get("password"):
        reader.problems.error(
            f"Section [{section.name}] contains incomplete authentication: the username is empty, "
            "so the password would protect nothing",
            section.place_of("username"),
            "a user name, or an empty password, too",
        )
    elif values.get("password", "").startswith(_SCRYPT_PREFIX):
        # Late, because only configurations with such a password pay for the import.
        from supervisor.config.secrets import PASSWORD_EXPECTED, scrypt_mistake

        mistake = scrypt_mistake(values["password"])
        if mistake is not None:
            place = section.place_of("password")._replace(found=None)
            reader.problems.error(mistake, place, PASSWORD_EXPECTED)


def _check_certificates(section: Section, reader: Reader) -> None:
    """Whoever sets one of these keys wants TLS: never give him plain HTTP instead."""
    if section.get("ssl_certfile") is not None:
        return
    for key in ("ssl_keyfile", "ssl_client_ca"):
        if section.get(key) is not None:
            reader.problems.error(
                f"[{section.name}] has {key} but no ssl_certfile",
                section.place_of(key),
                "ssl_certfile = FILE",
            )


def _credentials(values: dict[str, Any]) -> dict[str, Any]:
    if not values.get("username"):
        return {}
    return {"username": values["username"], "password": values.get("password", "")}


def _require(section: Section, reader: Reader, key: str, expected: str) -> None:
    if section.get(key) is None:
        message = f"section [{section.name}] has no {key} value"
        reader.problems.error(message, section.place_of(key), expected)
