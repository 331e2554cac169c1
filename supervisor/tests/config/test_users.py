"""`[user:NAME]` sections, and servers that ask nobody."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.problems import render_report
from supervisor.config.secrets import password_mistake, stored_tokens
from supervisor.config.values import UserRole
from supervisor.tests.config.machine import first_error, load, settings_of, warnings_of

HEX = "0123456789abcdef" * 4
KEY = f"{'A' * 22}${'A' * 43}"


def test_user_can_do_little_by_default():
    """Nobody gets more than the file says."""
    (user,) = settings_of("[user:alice]\npassword=x\n").users
    assert (user.name, user.role, user.programs) == ("alice", UserRole.READ, ())
    assert (user.password, user.uid, user.tokens) == ("x", None, ())
    assert user.has_secret


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("read", UserRole.READ),
        ("Operate", UserRole.OPERATE),
        ("admin", UserRole.ADMIN),
        ("operate, read", UserRole.OPERATE),
        ("read,admin,operate", UserRole.ADMIN),
    ],
)
def test_of_several_roles_the_greatest_counts(text, role):
    """Each may do what the lesser ones may."""
    assert settings_of(f"[user:a]\npassword=x\nroles={text}\n").users[0].role is role


@pytest.mark.parametrize("text", ["", "root", "read;admin", "read,"])
def test_unknown_role_is_refused(text):
    """A typing mistake gives no rights."""
    assert first_error(f"[user:a]\npassword=x\nroles={text}\n") == f"invalid 'roles' value {text!r}"


@pytest.mark.parametrize("text", ["", ",", "a,"])
def test_empty_patterns_are_refused(text):
    """An empty list would mean all programs: whoever writes the key wants fewer."""
    assert first_error(f"[user:a]\npassword=x\nprograms={text}\n").startswith("not a list of pat")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2030-12-31", datetime(2031, 1, 1, tzinfo=UTC)),
        ("2030-12-31T00:00:00", datetime(2030, 12, 31, tzinfo=UTC)),
        ("2030-12-31T12:00:00Z", datetime(2030, 12, 31, 12, tzinfo=UTC)),
        ("2030-12-31T12:00:00+02:00", datetime(2030, 12, 31, 10, tzinfo=UTC)),
    ],
)
def test_token_is_good_until_then(text, when):
    """A day is included; times without a zone are UTC."""
    (token,) = stored_tokens(f"{{SHA256}}{HEX} until {text}")
    assert token.expires_s == when.timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        f"{HEX}",
        f"{{SHA256}}{HEX}0",
        f"{{SHA256}}{HEX} until",
        f"{{SHA256}}{HEX} until tomorrow",
        f"{{SHA256}}{HEX} until 2030-13-01",
        f"{{SHA256}}{HEX} until 2030-12-31T25:00",
        f"{{SHA256}}{HEX} {{SHA256}}{HEX}",
        f"{{SHA256}}{HEX} until 9999-12-31",
    ],
)
def test_odd_token_is_refused(text):
    """Rather than being one that nobody can use, or that never ends."""
    with pytest.raises(ValueError, match=r"^a token "):
        stored_tokens(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_secrets(text):
    """Garbage law."""
    password_mistake(text)
    password_mistake("{SCRYPT}" + text)
    try:
        stored_tokens(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    "parameters", ["0$8$1", "21$8$1", "14$0$1", "14$33$1", "14$8$0", "14$8$17", "17$8$1", "15$8$8"]
)
def test_scrypt_that_costs_too_much_is_refused(parameters):
    """The daemon does nothing else while it verifies a password."""
    assert password_mistake(f"{{SCRYPT}}{parameters}${KEY}") is not None
    assert password_mistake(f"{{SCRYPT}}14$8$1${KEY}") is None


@given(
    st.sampled_from(["password", "tokens", "pasword", "token"]),
    st.text("abc%()s{}$;=#", max_size=20).map(lambda text: f"hush{text}hush"),
    st.sampled_from(["", "{SHA}", "{SCRYPT}", "{SHA256}"]),
)
def test_secrets_are_never_repeated(key, secret, prefix):
    """What is wrong with one is told without it: the report ends up in logs."""
    result = load(f"[supervisord]\nuser=web\n[user:a]\n{key}={prefix}{secret}\n")
    assert "hush" not in render_report(result.problems)
    assert not any("hush" in problem.message for problem in result.problems)


@pytest.mark.parametrize("host", ["127.0.0.1:", "127.1.2.3:", "localhost:", "[::1]:"])
def test_loopback_may_ask_nobody(host):
    """As ever: a warning there would be about nothing new."""
    assert not warnings_of(f"[inet_http_server]\nport={host}9001\nallow_insecure=false\n")


@pytest.mark.parametrize("host", ["", "*:", "0.0.0.0:", "10.0.0.1:", "[::]:", "example.com:"])
def test_server_open_to_the_network_is_told_or_refused(host):
    """By default it is a warning: existing files go on working."""
    text = f"[inet_http_server]\nport={host}9001\n"
    (warning,) = warnings_of(text)
    assert "is open to other machines and asks nobody for a password" in warning
    assert not warnings_of(f"{text}allow_insecure=true\n")
    assert "is open to other machines" in first_error(f"{text}allow_insecure=false\n")


@pytest.mark.parametrize(
    "remedy",
    [
        "username=u\npassword=p\n",
        "ssl_certfile=c\nssl_client_ca=a\n",
        "[user:a]\npassword=x\n",
        f"[user:a]\ntokens={{SHA256}}{HEX}\n",
    ],
)
def test_server_that_asks_for_anything_is_not_open(remedy):
    """A password, a token or a certificate."""
    assert not warnings_of(f"[inet_http_server]\nport=9001\nallow_insecure=false\n{remedy}")


def test_server_with_tls_alone_is_open():
    """Nobody can read along, but everybody may come in."""
    text = "[inet_http_server]\nport=9001\nssl_certfile=c\nallow_insecure=false\n"
    assert "is open to other machines" in first_error(text)


def test_children_are_told_of_tls():
    """By the URL of the daemon."""
    text = "[inet_http_server]\nport=127.0.0.1:9001\nssl_certfile=c\n"
    assert settings_of(text).serverurl == "https://127.0.0.1:9001"
