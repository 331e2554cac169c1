"""How a client says who it is: the value of the Authorization header."""

import base64


def basic_credentials(username: str, password: str) -> str:
    """Value of the Authorization header for HTTP basic authentication, on one line."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def authorization(username: str | None, password: str | None, token: str | None) -> str | None:
    """Value of the header: by a token, else by name and password if there are both, else none."""
    if token is not None:
        return f"Bearer {token}"
    if username is None or password is None:
        return None
    return basic_credentials(username, password)
