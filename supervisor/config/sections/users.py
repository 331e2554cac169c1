"""``[user:NAME]``: who may come in, how he proves it, and what he may do then."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record, uncompared
from supervisor.config.values import Origin, StoredToken, UserRole
from supervisor.config.valuetypes import PATTERNS, STRING, TOKENS, USER, USER_ROLES

PREFIX = "user:"


class UserSection:
    """The keys of a ``[user:NAME]`` section."""

    password: str = option(
        STRING,
        "Password, as supervisorctl hash-password prints it. Clear text, and {SHA} with its SHA-1 "
        "in hex, are understood, too.",
        is_secret=True,
        sample="{SCRYPT}14$8$1$...",
        since="5.0",
    )
    tokens: tuple[StoredToken, ...] = option(
        TOKENS,
        "Tokens that stand for the user, as supervisorctl make-token prints them. There are commas "
        "between several. Behind each may stand until when it is good: a day, or a day and time as "
        "in 2030-12-31T12:00:00Z.",
        is_secret=True,
        sample="{SHA256}... until 2030-12-31",
        since="5.0",
    )
    uid: int = option(
        USER,
        "User of the system who needs no password on unix sockets.",
        sample="alice",
        since="5.0",
    )
    role: UserRole = option(
        USER_ROLES,
        "What the user may do: read, operate or admin. Who may read looks at everything; who may "
        "operate also starts, stops and signals programs and writes to them; an admin also changes "
        "and ends the daemon.",
        key="roles",
        default=UserRole.READ,
        shown_default="read",
        sample="operate",
        since="5.0",
    )
    programs: tuple[str, ...] = option(
        PATTERNS,
        "Programs that exist for the user. They are shell patterns for the name of a process, of "
        "its group, or group:name.",
        shown_default="all",
        sample="web, site:*",
        since="5.0",
    )


@record
class UserSettings:
    """One user."""

    name: str
    """What stands behind the colon of the section's name: never empty, and without a colon."""
    section: str
    role: UserRole = UserRole.READ
    programs: tuple[str, ...] = ()
    """Patterns; empty for all programs."""
    password: str | None = None
    """Clear text, {SHA}… or {SCRYPT}…, never empty; None: no password lets this user in."""
    uid: int | None = None
    """Of the system, for unix sockets; each id belongs to one user at most."""
    tokens: tuple[StoredToken, ...] = ()
    origin: Origin = uncompared()

    @property
    def has_secret(self) -> bool:
        """Whether the user can prove over any connection who he is."""
        return self.password is not None or bool(self.tokens)


OPTIONS = options_of(UserSection)
