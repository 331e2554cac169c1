"""superlance, and superguard that grew out of it: listeners that watch memory, pages and exits."""

from supervisor.tests.compat.programs import crasher, hog, listener, sick_web_server
from supervisor.tests.compat.sinks import MailSink, fake_sendmail, wait_text
from supervisor.tests.compat.site import Site
from supervisor.tests.support.daemon import free_port


def test_memmon_restarts_a_hog(site: Site) -> None:
    """A process with more memory than allowed gets another pid and the mail says why."""
    site.use("superlance")
    sendmail, box = fake_sendmail(site.directory)
    words = ("-p", "hog=30MB", "-s", sendmail, "-m", "ops@example.com")
    watch = listener("memmon", site.module("superlance.memmon", *words), "TICK_5")
    site.launch(hog(site) + watch)

    site.wait_restarted("hog", site.pid_of("hog"))

    mail = wait_text(box, "restarted the process named hog:hog")
    assert mail.startswith("To: ops@example.com\n")


def test_httpok_restarts_a_server_that_answers_wrong(site: Site) -> None:
    """A page with an unexpected status restarts the program; nothing else is touched."""
    site.use("superlance")
    sendmail, box = fake_sendmail(site.directory)
    port = free_port()
    words = ("-p", "web", "-t", 5, "-s", sendmail, "-m", "ops@example.com")
    command = site.module("superlance.httpok", *words, f"http://127.0.0.1:{port}/")
    site.launch(sick_web_server(site, port) + listener("httpok", command, "TICK_5"))

    listener_pid = site.pid_of("httpok")
    site.wait_restarted("web", site.pid_of("web"))

    assert "web restarted" in wait_text(box, "web restarted")
    assert site.pid_of("httpok") == listener_pid


def test_httpok_restarts_a_dead_server(site: Site) -> None:
    """A program whose port refuses connections is restarted."""
    site.use("superlance")
    command = site.module("superlance.httpok", "-p", "web", f"http://127.0.0.1:{free_port()}/")
    site.launch(
        "[program:web]\ncommand = sleep 600\nstartsecs = 0\n"
        + listener("httpok", command, "TICK_5")
    )

    site.wait_restarted("web", site.pid_of("web"))


def crash_and_read_mail(site: Site, package: str) -> None:
    """Run PACKAGE.crashmail, let a program crash, look at the mail."""
    site.use(package)
    sendmail, box = fake_sendmail(site.directory)
    words = ("-a", "-o", "host1", "-m", "ops@example.com", "-s", sendmail)
    command = site.module(f"{package}.crashmail", *words)
    site.launch(crasher() + listener("crashmail", command, "PROCESS_STATE_EXITED"))
    site.pid_of("crashmail")

    site.rpc.supervisor.startProcess("crasher")

    mail = wait_text(box, "from state RUNNING")
    assert mail.startswith("To: ops@example.com\nSubject: host1: crasher crashed at ")
    assert "Process crasher in group crasher exited unexpectedly (pid " in mail


def test_crashmail_mails_an_unexpected_exit(site: Site) -> None:
    """A crash is mailed with process, group, pid and the state that it came from."""
    crash_and_read_mail(site, "superlance")


def test_superguards_crashmail_mails_an_unexpected_exit(site: Site) -> None:
    """The same by the younger relative."""
    crash_and_read_mail(site, "superguard")


def test_batch_monitors_mail_crashes_and_fatal_states(site: Site) -> None:
    """crashmailbatch, crashsms and fatalmailbatch collect and send by SMTP at the next tick."""
    site.use("superlance")
    monitors = ("crashmailbatch", "crashsms", "fatalmailbatch")
    hasty = crasher("hasty").replace("startsecs = 0", "startsecs = 1\nstartretries = 0")
    with MailSink() as post:
        words = ("-t", "ops@example.com", "-f", "me@example.com", "-i", "0.01", "-e", "TICK_5")
        server = ("-H", f"127.0.0.1:{post.port}")
        sections = [
            listener(
                name,
                site.module(f"superlance.{name}", *words, *server, "-s", name),
                "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL,TICK_5",
            )
            for name in monitors
        ]
        site.launch(crasher() + hasty + "".join(sections))
        for name in monitors:
            site.pid_of(name)

        site.rpc.supervisor.startProcess("crasher")
        site.typed("start", "hasty")

        crash, sms, fatal = (post.wait_text(f"Subject: {name}") for name in monitors)
    assert "Process crasher:crasher (pid " in crash
    assert "[crasher:crasher](" in sms
    assert "Process hasty:hasty failed to start too many times" in fatal
