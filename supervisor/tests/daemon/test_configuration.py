"""Rereading, adding, removing and preparing a restart, with a real file and real children."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.core.inputs import SupervisionBegan
from supervisor.core.supervision import Supervision
from supervisor.daemon.configuration import LiveConfiguration
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.executor import Executor
from supervisor.daemon.loop import Loop
from supervisor.daemon.programs import ActiveGroups
from supervisor.daemon.services import DaemonIdentity
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.states import getProcessStateDescription
from supervisor.tests.daemon.nursery import File, Home, event_desk
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import FakeKernel

WEB = "[program:web]\ncommand=/bin/cat\nautostart=false\n"
DB = "[program:db]\ncommand=/bin/cat\nautostart=false\n"


class Site:
    """A daemon that reads a real file; its children live in memory."""

    def __init__(self, home: Home, file: File) -> None:
        self.file, self.home, self.failures = file, home, list[str]()
        clock = FakeClock()
        self.kernel = FakeKernel(clock)
        self.core = Supervision()
        self.loop = Loop(clock, home.poller, TimerHeap(), self.core, self.failures.append)
        self.executor = Executor(
            self.kernel, self, home.log.log, lambda _: None, lambda: None, self.failures.append
        )
        self.executor.submit = self.loop.submit
        self.loop.executor = self.executor
        self.groups = ActiveGroups(
            home.children, event_desk(home, self.loop.submit).pools, self.loop.submit
        )
        self.identity = DaemonIdentity("5", "test", 1)
        settings = file.load().settings
        assert settings is not None
        self.configuration = LiveConfiguration(
            settings, file.load, self.groups, home.children, self.identity, home.log.log
        )
        self.control = ProgramControl(self.core, self.loop.submit, home.children.check_command)
        self.configuration.control = self.control
        self.configuration.probe_servers = lambda servers: None
        self.configuration.renew_servers = lambda settings: ()
        for group in settings.groups:
            self.groups.add(group)
        self.loop.submit(SupervisionBegan())

    # -- the part of a ChildMaker that needs no system

    def spawn(self, process_id: int) -> int:
        return 1000 + process_id

    def ended(self, process_id: int) -> None:
        """Nothing is connected."""

    def name(self, process_id: int) -> str:
        return self.home.children.name(process_id)

    def knows(self, process_id: int) -> bool:
        return self.home.children.knows(process_id)

    def states(self) -> dict[str, str | None]:
        return {
            process.name: getProcessStateDescription(process.state)
            for group in self.control.groups()
            for process in group.processes
        }


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def site(home: Home) -> Iterator[Site]:
    site = Site(home, File(home.path).write(WEB))
    yield site
    assert site.failures == []


def refusal(request: Callable[[], object]) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        request()
    return caught.value


class TestReread:
    def test_unchanged_file_has_no_news(self, site: Site) -> None:
        assert site.configuration.reread() == ([], [], [])

    def test_news_are_told_by_group(self, site: Site) -> None:
        site.file.write(DB)
        assert site.configuration.reread() == (["db"], [], ["web"])
        site.file.write(WEB + "startsecs=9\n" + DB)
        assert site.configuration.reread() == (["db"], ["web"], [])

    def test_warnings_are_written_once_and_not_again_for_an_unchanged_file(
        self, site: Site
    ) -> None:
        """An `update` that is called every minute must not fill the log."""
        site.file.write(WEB + "starsecs=9\n")
        for _ in range(3):
            site.configuration.reread()
        assert (site.home.path / "main.log").read_text().count("starsecs") == 1

    def test_nothing_that_runs_is_touched(self, site: Site) -> None:
        site.file.write(DB)
        site.configuration.reread()
        assert site.states() == {"web": "STOPPED"}

    @pytest.mark.parametrize(
        "text", ["[program:web]\n", "[program:web]\ncommand=%(nope)s\n", "startsecs=soon\n"]
    )
    def test_broken_file_is_refused_and_what_was_read_stays(self, site: Site, text: str) -> None:
        """The error goes to the caller and the log."""
        site.file.write(text if text.startswith("[") else WEB + text)
        refused = refusal(site.configuration.reread)
        assert refused.fault == Fault.CANT_REREAD
        assert refused.extra
        assert "cannot use the configuration: " in site.home.main_log()
        assert site.states() == {"web": "STOPPED"}
        site.configuration.remove_group("web")
        site.configuration.add_group("web")

    def test_missing_file_is_refused(self, site: Site) -> None:
        site.file.path.unlink()
        assert refusal(site.configuration.reread).fault == Fault.CANT_REREAD

    def test_identifier_and_child_logs_follow_the_file(self, site: Site) -> None:
        """C5: what a running daemon takes from a reread."""
        (site.home.path / "logs").mkdir()
        site.file.write(WEB + DB, daemon=f"identifier=new\nchildlogdir={site.home.path}/logs\n")
        site.configuration.reread()
        site.configuration.add_group("db")
        assert site.identity.identifier == "new"
        assert len(list((site.home.path / "logs").glob("db-stdout---new-*.log"))) == 1


class TestGroups:
    def test_group_that_was_reread_can_be_added(self, site: Site) -> None:
        site.file.write(WEB + DB.replace("autostart=false", "autostart=true"))
        site.configuration.reread()
        site.configuration.add_group("db")
        assert site.states() == {"db": "STARTING", "web": "STOPPED"}

    def test_group_that_is_active_is_refused(self, site: Site) -> None:
        refused = refusal(lambda: site.configuration.add_group("web"))
        assert (refused.fault, refused.extra) == (Fault.ALREADY_ADDED, "web")

    def test_unknown_group_is_refused(self, site: Site) -> None:
        """What is in the file but was not reread is unknown, too."""
        site.file.write(WEB + DB)
        for request in (site.configuration.add_group, site.configuration.remove_group):
            refused = refusal(lambda request=request: request("db"))
            assert (refused.fault, refused.extra) == (Fault.BAD_NAME, "db")

    def test_stopped_group_is_removed(self, site: Site) -> None:
        site.configuration.remove_group("web")
        assert site.states() == {}
        assert "web" not in site.groups
        with pytest.raises(KeyError):
            site.home.children.body(1)

    def test_running_group_is_not_removed(self, site: Site) -> None:
        site.control.start(1)
        refused = refusal(lambda: site.configuration.remove_group("web"))
        assert (refused.fault, refused.extra) == (Fault.STILL_RUNNING, "web")
        assert site.states() == {"web": "STARTING"}

    def test_process_in_unknown_does_not_keep_its_group(self, site: Site) -> None:
        """The stopped states, UNKNOWN among them: the group may be removed."""
        site.control.start(1)
        site.kernel.refuse_next("kill", errno.EPERM)
        site.control.stop(1)
        assert site.states() == {"web": "UNKNOWN"}
        site.configuration.remove_group("web")
        assert site.states() == {}

    def test_changed_group_has_its_new_settings_once_removed_and_added(self, site: Site) -> None:
        site.file.write(WEB + "startsecs=9\n")
        site.configuration.reread()
        site.configuration.remove_group("web")
        site.configuration.add_group("web")
        (process_id,) = site.groups.process_ids("web")
        assert process_id != 1, "ids are never used again"
        assert site.home.children.body(process_id).settings.startsecs == 9
        assert site.configuration.reread() == ([], [], [])


class TestRestart:
    def test_restart_begins_with_what_was_validated(self, site: Site) -> None:
        """C3: the file may be broken again before everything has stopped."""
        site.file.write(DB)
        site.configuration.prepare_restart()
        site.file.write("[program:web]\n")
        prepared = site.configuration.for_restart
        assert prepared is not None
        assert prepared.settings is not None
        assert [group.name for group in prepared.settings.groups] == ["db"]

    def test_l5_restart_with_a_broken_file_is_refused(self, site: Site) -> None:
        site.file.write("[program:web]\n")
        assert refusal(site.configuration.prepare_restart).fault == Fault.CANT_REREAD
        assert site.configuration.for_restart is None


class TestConfigInfo:
    def test_auto_logs_are_told_with_their_real_paths(self, site: Site) -> None:
        (log,) = site.home.logs_of("web", "stdout")
        (struct,) = site.configuration.all_config_info()
        assert struct["stdout_logfile"] == str(log)

    def test_auto_logs_are_told_as_auto_after_a_reread(self, site: Site) -> None:
        site.file.write(WEB + DB)
        site.configuration.reread()
        infos = {struct["name"]: struct for struct in site.configuration.all_config_info()}
        assert (infos["db"]["inuse"], infos["web"]["inuse"]) == (False, True)
        assert {struct["stdout_logfile"] for struct in infos.values()} == {"auto"}


def test_core_is_told_of_the_groups_in_order(site: Site) -> None:
    site.file.write(WEB + DB)
    site.configuration.reread()
    site.configuration.add_group("db")
    assert [group.name for group in site.core.groups()] == ["db", "web"]


class TestKeysOf:
    def test_keys_are_told_with_file_and_line(self, site: Site) -> None:
        """Config keys and their origin file:line, as they count for what is active."""
        process = site.control.find("web", "web")
        assert process is not None
        keys = {each.key: each for each in site.configuration.keys_of(process.id)}
        assert keys["command"].value == "/bin/cat"
        assert keys["command"].origin.startswith(f"{site.file.path}:")
        assert keys["startsecs"].origin == ""
        assert keys["stdout_logfile"].value.startswith(f"AUTO: {site.home.path}/web-stdout")

    def test_a_reread_file_tells_nothing_about_what_is_active(self, site: Site) -> None:
        process = site.control.find("web", "web")
        assert process is not None
        site.file.write("; another line\n" + WEB.replace("/bin/cat", "/bin/dog"))
        before = site.configuration.keys_of(process.id)
        site.configuration.reread()
        assert site.configuration.keys_of(process.id) == before
