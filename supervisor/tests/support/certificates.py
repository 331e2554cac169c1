"""Certificates of all kinds for tests, made on the spot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization

from supervisor.tuples import NamedTuple

NAMES = ("localhost", "127.0.0.1")


class Files(NamedTuple):
    """Where a certificate lies, and who is asked about it."""

    certfile: Path
    keyfile: Path
    ca: Path


class Authority:
    """Somebody who signs certificates, and the folder they are written to."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.crt"
        self._ca.cert_pem.write_to_path(str(self.path))

    def issue(
        self,
        name: str = "server",
        *identities: str,
        days: float = 365,
        begins_in_days: float = -1,
    ) -> Files:
        """A new certificate and its key, which replace older ones of that name."""
        now = datetime.now(UTC)
        made = self._ca.issue_cert(
            *(identities or NAMES),
            common_name=name,
            not_before=now + timedelta(days=begins_in_days),
            not_after=now + timedelta(days=days),
            key_type=trustme.KeyType.ECDSA,
        )
        certfile, keyfile = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certfile.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        keyfile.write_bytes(made.private_key_pem.bytes())
        return Files(certfile, keyfile, self.path)


def locked(keyfile: Path) -> None:
    """Protect a key by a password."""
    key = serialization.load_pem_private_key(keyfile.read_bytes(), None)
    keyfile.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
