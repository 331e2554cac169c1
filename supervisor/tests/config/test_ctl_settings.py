"""How supervisorctl reads its part of the file."""

import pytest

from supervisor.config.ctl import load_ctl_settings
from supervisor.config.flags import CtlFlags, UsageError
from supervisor.tests.config.machine import UNREADABLE, FakeMachine


def load(text, flags=None, **files):
    """Settings from a text as ``/start/s.conf``."""
    contents = {f"/start/{name}": data for name, data in files.items()}
    machine = FakeMachine(files={"/start/s.conf": text.encode(), **contents})
    return load_ctl_settings("s.conf", flags or CtlFlags(), machine)


def refusal(text, flags=None, **files):
    """Message of the refusal of a text."""
    with pytest.raises(UsageError) as caught:
        load(text, flags, **files)
    return caught.value.message


def test_defaults_are_used_without_a_file():
    """Finding none is fine, unlike for the daemon."""
    settings = load_ctl_settings(None, CtlFlags(), FakeMachine())
    assert settings.serverurl == "http://localhost:9001"
    assert (settings.username, settings.password, settings.prompt) == (None, None, "supervisor")
    assert settings.history_file is None
    assert settings.plugins == ()


def test_file_is_read_with_expansions():
    """~, %(here)s and variables; paths of sockets become absolute."""
    settings = load(
        "[supervisorctl]\nserverurl=unix://%(here)s/../x.sock\nusername=%(ENV_A)s\npassword=p%%\n"
        "prompt=me\nhistory_file=~/.h\n"
    )
    assert settings.serverurl == "unix:///x.sock"
    assert (settings.username, settings.password, settings.prompt) == ("1", "p%", "me")
    assert settings.history_file == "/home/web/.h"


def test_command_line_beats_the_file():
    """Per option."""
    flags = CtlFlags(serverurl="unix://~/s", username="u", history_file="h")
    settings = load("[supervisorctl]\nserverurl=http://x\npassword=p\n", flags)
    assert settings.serverurl == "unix:///home/web/s"
    assert (settings.username, settings.password) == ("u", "p")
    assert settings.history_file == "/start/h"


def test_section_may_live_in_an_included_file():
    """Includes are read by supervisorctl, too."""
    text = "[include]\nfiles=*.inc\n"
    included = {"a.inc": b"[supervisorctl]\nprompt=x\n"}
    assert load(text, **included).prompt == "x"


@pytest.mark.parametrize("content", [UNREADABLE, b"nonsense", b"[a]\nnonsense\n", b"\xff"])
def test_included_file_that_cannot_be_used_does_not_matter(content):
    """Programs often live in files that only root may read."""
    text = "[include]\nfiles=*.inc\n[supervisorctl]\nprompt=x\n"
    assert load(text, **{"a.inc": content}).prompt == "x"


def test_mistake_in_a_program_does_not_matter():
    """Somebody has to be able to talk to the daemon."""
    assert load("[program:a]\nnumprocs=x\n[supervisorctl]\n").prompt == "supervisor"


def test_missing_section_is_refused():
    """A file that is found must have the section."""
    message = ".ini file does not include supervisorctl section"
    assert refusal("[supervisord]\n") == message


def test_missing_section_is_fine_with_a_server_url_on_the_command_line():
    """Only fatal without -s, and for an explicit -c."""
    flags = CtlFlags(serverurl="http://x")
    assert load("[supervisord]\n", flags).serverurl == "http://x"
    explicit = CtlFlags(serverurl="http://x", configuration="s.conf")
    assert refusal("[supervisord]\n", explicit).startswith(".ini file does not include")


def test_c14_malformed_file_is_a_usage_error():
    """Not a traceback."""
    assert refusal("nonsense\n") == (
        "File contains no section headers.\nfile: 's.conf', line: 1\n'nonsense\\n'"
    )
    assert refusal("[supervisorctl]\nx\n").startswith("Source contains parsing errors: 's.conf'")


def test_missing_and_unreadable_files_are_refused():
    """The texts of the daemon."""
    for path, why in (("no.conf", "could not find"), ("/srv", "could not read")):
        with pytest.raises(UsageError) as caught:
            load_ctl_settings(path, CtlFlags(), FakeMachine())
        assert caught.value.message == f"{why} config file {path}"


def test_wrong_value_is_refused_with_the_reference_text():
    """A format that cannot be replaced."""
    assert refusal("[supervisorctl]\nprompt=%(x)s\n").startswith(
        "Format string '%(x)s' for 'supervisorctl.prompt' contains names ('x')"
    )


def test_plug_ins_are_listed_in_order():
    """Name, factory and the section's own keys."""
    text = "[supervisorctl]\n[ctlplugin:b]\nsupervisor.ctl_factory=m:f\nK=v\n"
    machine = FakeMachine(files={"/start/s.conf": text.encode()}, entry_points={"m": object()})
    (plugin,) = load_ctl_settings("s.conf", CtlFlags(), machine).plugins
    assert (plugin.name, plugin.factory, plugin.options) == ("b", "m:f", {"k": "v"})


def test_plug_in_without_factory_is_refused():
    """Same wording as for RPC interfaces."""
    message = refusal("[supervisorctl]\n[ctlplugin:b]\n")
    assert message == "section [ctlplugin:b] does not specify a supervisor.ctl_factory"
