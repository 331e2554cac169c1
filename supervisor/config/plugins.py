"""``[rpcinterface:NAME]`` and ``[ctlplugin:NAME]`` sections → what to call with which keys."""

from supervisor.config.document import Document, Section
from supervisor.config.entrypoints import check_entry_point
from supervisor.config.expand import FormatError, Names
from supervisor.config.option import Option
from supervisor.config.reading import Reader
from supervisor.config.sections.plugins import PluginSettings
from supervisor.config.values import Origin
from supervisor.hints import Collection

_FACTORY = "factory"


def read_plugins(
    document: Document, reader: Reader, prefix: str, option: Option, built_in: Collection[str] = ()
) -> tuple[PluginSettings, ...]:
    """The plug-ins of one kind, in order of their sections.

    The factories in `built_in` are our own: they need not be imported to know that they exist.
    """
    plugins = []
    for section in document.with_prefix(prefix):
        plugin = _read_plugin(section, reader, option, built_in)
        if plugin is not None:
            plugins.append(plugin)
    return tuple(plugins)


def _read_plugin(
    section: Section, reader: Reader, option: Option, built_in: Collection[str]
) -> PluginSettings | None:
    if section.get(option.key) is None:
        message = f"section [{section.name}] does not specify a {option.key}"
        expected = f"{option.key} = {option.type.name}"
        reader.problems.error(message, section.place_of(option.key), expected)
        return None
    names = Names(reader.environ)
    factory: str | None = reader.read(section, {_FACTORY: option}, names).get(_FACTORY)
    if factory is None:
        return None
    if factory not in built_in:
        check_entry_point(reader, section, option.key, factory)
    return PluginSettings(
        name=section.name.partition(":")[2],
        factory=factory,
        options=_own_options(section, reader, option, names),
        origin=Origin(section.source.path, section.line),
    )


def _own_options(section: Section, reader: Reader, option: Option, names: Names) -> dict[str, str]:
    """The plug-in's keys, without those that [DEFAULT] gives to every section (C28)."""
    options = {}
    for key, entry in section.entries.items():
        if key == option.key:
            continue
        own = option._replace(key=key)
        try:
            options[key] = reader.expand(entry, section, own, names)
        except FormatError as error:
            reader.report(error, section, own, "")
    return options
