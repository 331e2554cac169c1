"""What a reread changes: groups and users that are new, different or gone (manual, "Rereading")."""

from supervisor.config.record import fields_of
from supervisor.config.sections import users
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.users import UserSettings
from supervisor.config.settings import Settings
from supervisor.config.values import Origin
from supervisor.hints import Sequence
from supervisor.tuples import NamedTuple


class Diff(NamedTuple):
    """Groups by what became of them."""

    added: tuple[GroupSettings, ...]
    """Available, not active; by priority and name."""
    changed: tuple[GroupSettings, ...]
    """Available in another form than the active one; by priority and name."""
    removed: tuple[GroupSettings, ...]
    """Active, no longer available; in the order of the active groups."""


def diff_groups(active: Sequence[GroupSettings], available: Sequence[GroupSettings]) -> Diff:
    """Compare by name, then by every key of the group and its processes.

    Settings know nothing of the real paths of AUTO logs, so AUTO equals AUTO, and anything else
    differs from it (C6); subscriptions are sorted, so their order does not matter (C30).
    """
    active_by_name = {group.name: group for group in active}
    ordered = sorted(available, key=lambda group: (group.priority, group.name))
    available_names = {group.name for group in ordered}
    return Diff(
        added=tuple(group for group in ordered if group.name not in active_by_name),
        changed=tuple(
            group
            for group in ordered
            if group.name in active_by_name and group != active_by_name[group.name]
        ),
        removed=tuple(group for group in active if group.name not in available_names),
    )


def sharing(read: Settings, former: Settings, active: Sequence[GroupSettings]) -> Settings:
    """What was read; whatever is as it was is the very object of before, groups the active ones.

    Otherwise a reread of thousands of programs would leave all their settings in memory twice.
    """
    known = {group.name: group for group in active}
    values = {}
    for name in fields_of(Settings):
        before, now = getattr(former, name), getattr(read, name)
        values[name] = before if before == now and _origins(before) == _origins(now) else now
    values["groups"] = tuple(_shared(known.get(group.name), group) for group in read.groups)
    return Settings(**values)


def _shared(active: GroupSettings | None, group: GroupSettings) -> GroupSettings:
    if active is None or active != group or active.origin != group.origin:
        return group
    places = ([(each.origin, each.places) for each in of.processes] for of in (active, group))
    return active if next(places) == next(places) else group


def _origins(value: object) -> list[Origin] | None:
    """Where the parts of a setting stand: they may be equal and stand elsewhere."""
    return [each.origin for each in value] if isinstance(value, tuple) else None


def diff_users(former: Sequence[UserSettings], present: Sequence[UserSettings]) -> list[str]:
    """What became of users: a line for each, which tells no value of any key."""
    before = {user.name: user for user in former}
    after = {user.name: user for user in present}
    changed = {
        name: [
            key
            for key, field in _USER_FIELDS
            if getattr(user, field) != getattr(before[name], field)
        ]
        for name, user in after.items()
        if name in before
    }
    return [
        *(f"user {name}: added" for name in after if name not in before),
        *(f"user {name}: changed ({', '.join(keys)})" for name, keys in changed.items() if keys),
        *(f"user {name}: removed" for name in before if name not in after),
    ]


_USER_FIELDS = tuple((option.key or field, field) for field, option in users.OPTIONS.items())
"""Keys of the section, and where their values are."""
