"""One log as it grows, until Ctrl-C or the end of the daemon: ``tail -f`` and ``maintail -f``."""

import http.client

from supervisor.client.follow import MAIN_LOG_PATH, LogStream, StreamRefused, process_log_path
from supervisor.ctl.command import Shell
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.foreground import PRESS_CTRL_C
from supervisor.standard_streams import tell_on_stderr


def follow_process(shell: Shell, name: str, channel: str) -> None:
    """Show a log of a process."""
    _follow(shell, process_log_path(name, channel), f"/logtail/{name}/{channel}")


def follow_daemon(shell: Shell) -> None:
    """Show the main log."""
    _follow(shell, MAIN_LOG_PATH, MAIN_LOG_PATH)


def _follow(shell: Shell, path: str, shown_path: str) -> None:
    shell.output(PRESS_CTRL_C)
    stream = LogStream(shell.options.address, path, *shell.options.credentials)
    try:
        stream.open()
        for text in stream:
            shell.write(text)
        tell_on_stderr(f"{shell.options.serverurl}{shown_path} the daemon ended the connection")
    except KeyboardInterrupt:
        shell.output("")
    except StreamRefused as refusal:
        _complain(shell, shown_path, str(refusal))
    except (OSError, http.client.HTTPException) as error:
        _complain(shell, shown_path, f"Cannot connect, error: {type(error)} ({error})")
    finally:
        stream.close()


def _complain(shell: Shell, path: str, text: str) -> None:
    """Say on stderr why a log cannot be followed."""
    tell_on_stderr(f"{shell.options.serverurl}{path} {text}")
    shell.exitstatus = LSBInitExitStatuses.GENERIC
