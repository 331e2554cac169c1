"""``[user:NAME]`` sections → the users. Passwords and tokens are never repeated in a message."""

from supervisor.config.document import Document, Section
from supervisor.config.expand import Names
from supervisor.config.groups import keys_of
from supervisor.config.problems import Place
from supervisor.config.reading import Reader
from supervisor.config.secrets import PASSWORD_EXPECTED, password_mistake
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.users import OPTIONS, PREFIX, UserSettings
from supervisor.config.values import Origin, UserRole
from supervisor.hints import Any, Iterable


def read_users(
    document: Document, reader: Reader, servers: Iterable[ServerSettings]
) -> tuple[UserSettings, ...]:
    """The users in order of their sections."""
    users = [_read_user(section, reader) for section in document.with_prefix(PREFIX)]
    _refuse_doubles(document, reader, users, servers)
    return tuple(users)


def _read_user(section: Section, reader: Reader) -> UserSettings:
    name = section.name.removeprefix(PREFIX)
    if not name or ":" in name or not name.isprintable() or name != name.strip():
        reader.problems.error(
            f"[{section.name}] section does not name a user",
            section.place(),
            "[user:NAME], with a name without colon and control characters",
        )
    # A misspelt password is one, too.
    reader.warn_about_unknown_keys(section, keys_of([OPTIONS]), shows_values=False)
    values: dict[str, Any] = reader.read(section, OPTIONS, Names(reader.environ))
    account = values.pop("uid", None)
    _check_password(section, reader, values.get("password"))
    user = UserSettings(
        **values,
        uid=None if account is None else account.uid,
        name=name,
        section=section.name,
        origin=Origin(section.source.path, section.line),
    )
    _warn_about_use(section, reader, user)
    return user


def _check_password(section: Section, reader: Reader, password: str | None) -> None:
    if password is None:
        return
    mistake = password_mistake(password) if password else "the password is empty"
    if mistake is not None:
        reader.problems.error(mistake, secret_place(section, "password"), PASSWORD_EXPECTED)


def _warn_about_use(section: Section, reader: Reader, user: UserSettings) -> None:
    if {"password", "tokens", "uid"}.isdisjoint(section.entries):
        reader.problems.warn(
            f"nobody can be the user {user.name}: there is no password, token or uid",
            section.place(),
            "set password to what supervisorctl hash-password prints",
        )
    if user.role is UserRole.ADMIN and user.programs:
        reader.problems.warn(
            "an admin with programs can neither change nor end the daemon itself",
            section.place_of("programs"),
            "roles = operate, or no programs",
        )


def _refuse_doubles(
    document: Document,
    reader: Reader,
    users: Iterable[UserSettings],
    servers: Iterable[ServerSettings],
) -> None:
    """It must be clear who somebody is."""
    owners = {server.username: server.section for server in servers if server.username}
    names_by_uid: dict[int, str] = {}
    for user in users:
        section = document.sections[user.section]
        if user.name in owners:
            reader.problems.error(
                f"{user.name} is also the username of [{owners[user.name]}]",
                section.place(),
                "another name in one of them",
            )
        if user.uid is not None and names_by_uid.setdefault(user.uid, user.name) != user.name:
            reader.problems.error(
                f"uid {user.uid} is also the user {names_by_uid[user.uid]}",
                section.place_of("uid"),
                "each uid for one user",
            )


def secret_place(section: Section, key: str) -> Place:
    """Where a key stands, without its value."""
    return section.place_of(key)._replace(found=None)
