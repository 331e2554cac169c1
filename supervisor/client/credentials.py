"""How a client says who it is: the value of the Authorization header."""

from binascii import b2a_base64

HTTP_UNAUTHORIZED = 401
"""The status of an answer that says: not, or not so."""


def basic_credentials(username: str, password: str) -> str:
    """Value of the Authorization header for HTTP basic authentication, on one line."""
    return "Basic " + b2a_base64(f"{username}:{password}".encode(), newline=False).decode("ascii")


def authorization(username: str | None, password: str | None, token: str | None) -> str | None:
    """Value of the header: by a token, else by name and password if there are both, else none."""
    if token is not None:
        return f"Bearer {token}"
    if username is None or password is None:
        return None
    return basic_credentials(username, password)
