"""What is told from the declarations: sample file, manual tables, getAllConfigInfo.

A key that is declared appears in all three without further words.
"""

from supervisor.config.option import Option
from supervisor.config.reading import Options
from supervisor.config.sections import (
    client,
    fcgi,
    group,
    listener,
    plugins,
    program,
    servers,
    supervisord,
    users,
)
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import Autorestart, FileLog
from supervisor.enums import Enum
from supervisor.hints import Any, Collection, Iterable, Iterator
from supervisor.tuples import NamedTuple

_FIRST_KEYS = ("command", "process_name", "numprocs")
_COMMENT_COLUMN = 40

_SAMPLE_HEAD = """\
; Sample supervisor config file.
;
; Active lines make a daemon that can be used; lines that begin with ; show
; every other key with an example. A comment behind a value needs a blank in
; front of its ;. A percent sign in a value is written %%. %(here)s stands for
; the directory of this file, %(ENV_NAME)s for a variable of the environment.
; ~ and $NAME are only understood where the manual says so.
"""


class _SampleSection(NamedTuple):
    title: str
    is_active: bool
    comment: str
    options: Options


_MANUAL_SECTIONS: dict[str, Options] = {
    "supervisord": supervisord.OPTIONS,
    "unix_http_server": servers.UNIX_OPTIONS,
    "inet_http_server": servers.INET_OPTIONS,
    "user": users.OPTIONS,
    "supervisorctl": client.OPTIONS,
    "program": program.OPTIONS,
    "group": group.OPTIONS,
    "eventlistener": listener.OPTIONS,
    "fcgi-program": fcgi.OPTIONS,
    "rpcinterface": plugins.RPC_OPTIONS,
    "ctlplugin": plugins.CTL_OPTIONS,
}

_SAMPLE_SECTIONS = (
    _SampleSection(
        "unix_http_server",
        True,
        "Clients on this machine. Who may write to the socket may do everything.",
        servers.UNIX_OPTIONS,
    ),
    _SampleSection(
        "inet_http_server",
        False,
        "Clients over TCP. Whoever knows the password may run any command.",
        servers.INET_OPTIONS,
    ),
    _SampleSection(
        "user:alice",
        False,
        "Somebody who may use all servers. roles is read, operate or admin.",
        users.OPTIONS,
    ),
    _SampleSection("supervisord", True, "The daemon itself.", supervisord.OPTIONS),
    _SampleSection(
        "rpcinterface:supervisor",
        True,
        "Must stay for supervisorctl to work. More sections like it add methods.",
        plugins.RPC_OPTIONS,
    ),
    _SampleSection(
        "supervisorctl",
        True,
        "How supervisorctl finds the daemon; must match a server section.",
        client.OPTIONS,
    ),
    _SampleSection(
        "ctlplugin:myplugin",
        False,
        "Adds commands to supervisorctl.",
        plugins.CTL_OPTIONS,
    ),
    _SampleSection(
        "program:web",
        False,
        "A program: one section for each. Only command is needed.",
        program.OPTIONS,
    ),
    _SampleSection(
        "eventlistener:watcher",
        False,
        "A program that is told about events. All keys of a program can be used, too.",
        {"command": program.OPTIONS["command"], **listener.OPTIONS},
    ),
    _SampleSection(
        "fcgi-program:php",
        False,
        "A FastCGI program. All keys of a program can be used, too.",
        {"command": program.OPTIONS["command"], **fcgi.OPTIONS},
    ),
    _SampleSection(
        "group:site",
        False,
        "Programs under a common name.",
        group.OPTIONS,
    ),
)

_SAMPLE_TAIL = """
; More files, relative to this one. They may hold any section but [include].

;[include]
;files = relative/directory/*.ini
"""


def sample() -> str:
    """The sample configuration, as ``echo_supervisord_conf`` prints it."""
    return _SAMPLE_HEAD + "".join(map(_sample_section, _SAMPLE_SECTIONS)) + _SAMPLE_TAIL


def manual_tables() -> dict[str, str]:
    """A table in reStructuredText for each kind of section, by the name of the kind."""
    return {
        name: "".join(_manual_lines(_for_people(options)))
        for name, options in _MANUAL_SECTIONS.items()
    }


def all_config_info(
    groups: Iterable[GroupSettings], active_group_names: Collection[str]
) -> list[dict[str, Any]]:
    """Structs of getAllConfigInfo for all processes of some groups, sorted by process name."""
    return [
        config_info(group, process, group.name in active_group_names)
        for group, process in in_order_of_config_info(groups)
    ]


def in_order_of_config_info(
    groups: Iterable[GroupSettings],
) -> list[tuple[GroupSettings, ProcessSettings]]:
    """All processes with their groups, sorted by process name."""
    pairs = [(group, process) for group in groups for process in group.processes]
    return sorted(pairs, key=lambda pair: str(pair[1].name))


def config_info(group: GroupSettings, process: ProcessSettings, is_active: bool) -> dict[str, Any]:
    """Struct of getAllConfigInfo for one process."""
    info = {
        option.key: _info_value(getattr(process, name))
        for name, option in program.OPTIONS.items()
        if option.is_in_config_info
    }
    info["name"] = process.name
    info["group"] = group.name
    info["inuse"] = is_active
    info["group_prio"] = group.priority
    info["process_prio"] = process.priority
    info["uid"] = _info_value(process.uid)
    return info


def _info_value(value: Any) -> Any:
    """A value as XML-RPC shows it: no nil, no types of ours."""
    if value is None:
        return "none"
    if isinstance(value, FileLog):
        return value.path
    if isinstance(value, Autorestart):
        words = {Autorestart.ALWAYS: True, Autorestart.NEVER: False}
        return words.get(value, value.value)
    if isinstance(value, Enum) and isinstance(value.value, str):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _for_people(options: Options) -> list[Option]:
    """Keys by importance, not in the order in which they are judged."""
    by_key = {option.key: option for option in options.values()}
    first = [by_key.pop(key) for key in _FIRST_KEYS if key in by_key]
    required = [option for option in by_key.values() if option.shown_default == "required"]
    return [*first, *required, *(option for option in by_key.values() if option not in required)]


def _sample_section(section: _SampleSection) -> str:
    mark = "" if section.is_active else ";"
    lines = [
        _sample_line(option, section.is_active)
        for option in _for_people(section.options)
        if option.sample is not None
    ]
    return f"\n; {section.comment}\n\n{mark}[{section.title}]\n{''.join(lines)}"


def _sample_line(option: Option, is_section_active: bool) -> str:
    mark = "" if is_section_active and option.is_active_in_sample else ";"
    setting = f"{mark}{option.key}={option.sample}"
    return f"{setting:<{_COMMENT_COLUMN - 1}} ; {_sample_comment(option)}\n"


def _sample_comment(option: Option) -> str:
    sentence = option.doc.split(". ")[0].rstrip(".")
    if not sentence.split()[0].isupper() and "_" not in sentence.split()[0]:
        sentence = sentence[0].lower() + sentence[1:]
    if option.shown_default == "required":
        return f"{sentence} (required)"
    return f"{sentence} (default {option.shown_default or 'none'})"


def _manual_lines(options: Iterable[Option]) -> Iterator[str]:
    yield ".. list-table::\n"
    yield "   :header-rows: 1\n"
    yield "   :widths: 22 16 18 44\n\n"
    yield from _manual_row("Key", "Type", "Default", "Meaning")
    for option in options:
        default = "*required*" if option.shown_default == "required" else _default_in_rst(option)
        meaning = _escaped(option.doc)
        if option.since:
            meaning += f" New in {option.since}."
        yield from _manual_row(f"``{option.key}``", option.type.name, default, meaning)


def _manual_row(*cells: str) -> Iterator[str]:
    for index, cell in enumerate(cells):
        yield f"   {'*' if index == 0 else ' '} - {cell}\n"


def _default_in_rst(option: Option) -> str:
    text = option.shown_default
    if not text:
        return "none"
    return _escaped(text) if " " in text else f"``{text}``"


def _escaped(text: str) -> str:
    for character in "\\*`|":
        text = text.replace(character, "\\" + character)
    return text
