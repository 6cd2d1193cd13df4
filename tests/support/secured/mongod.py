"""MongoDB as production has it: TLS only, and nothing without a login."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes
from typing import Any, Self
from urllib.parse import quote, urlencode

from pymongo import AsyncMongoClient

from deploy.local.backends import Mongod
from deploy.local.backends.mongod import REPLICA_SET
from deploy.local.backends.ports import LOOPBACK
from tests.support.secured.certificates import Authority

ADMIN = "admin"
Rights = list[dict[str, Any]]


class SecuredMongod(Mongod):
    """Its first user is `ADMIN`; `add_user` makes the others."""

    def __init__(self, data: Path, logs: Path, authority: Authority, password: str) -> None:
        super().__init__(data, logs)
        self.authority = authority
        self._password = password

    def uri_for(self, who: str, password: str, *, host: str | None = None, **changes: str) -> str:
        """What this user connects with; an empty value takes an option away."""
        options = {
            "replicaSet": REPLICA_SET,
            "authSource": "admin",
            "tls": "true",
            "tlsCAFile": str(self.authority.file),
            **changes,
        }
        kept = urlencode({name: value for name, value in options.items() if value})
        return f"mongodb://{quote(who, safe='')}:{quote(password, safe='')}@{host or self.address}/?{kept}"

    @property
    def uri(self) -> str:
        """The administrator's."""
        return self.uri_for(ADMIN, self._password)

    async def start(self) -> Self:
        """Serve, and make the administrator, whom only a caller from this machine may make without a login."""
        await super().start()
        async with self._client() as client:
            await client.admin.command("createUser", ADMIN, pwd=self._password, roles=["root"])
        return self

    async def add_user(self, name: str, password: str, database: str, rights: Rights) -> None:
        """A user who may do this to collections of one database: `{"collection": ..., "actions": [...]}`."""
        privileges = [
            {"resource": {"db": database, "collection": right["collection"]}, "actions": right["actions"]}
            for right in rights
        ]
        async with AsyncMongoClient[dict[str, Any]](self.uri) as client:
            role = f"{name}-{database}"
            await client.admin.command("createRole", role, privileges=privileges, roles=[])
            await client.admin.command("createUser", name, pwd=password, roles=[role])

    async def prepare(self) -> None:
        """Give the server its certificate, and its replica set the key without which there are no logins."""
        await super().prepare()
        certificate, key = self.authority.issue("mongod", address=LOOPBACK)
        self._pem.write_bytes(key.read_bytes() + certificate.read_bytes())
        self._key_file.touch(0o600)
        self._key_file.write_bytes(b64encode(token_bytes(96)))

    def command(self) -> list[str]:
        """As any other, with its doors closed."""
        return [
            *(*super().command(), "--auth", "--keyFile", str(self._key_file), "--tlsMode", "requireTLS"),
            *("--tlsCertificateKeyFile", str(self._pem), "--tlsCAFile", str(self.authority.file)),
            *("--tlsAllowConnectionsWithoutCertificates",),
        ]

    def login(self) -> Mapping[str, Any]:
        """There are no users before the first."""
        return {"tls": True, "tlsCAFile": str(self.authority.file)}

    @property
    def _pem(self) -> Path:
        return self.data.parent / "mongod-server.pem"

    @property
    def _key_file(self) -> Path:
        return self.data.parent / "mongod-key-file"

    def _client(self) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(LOOPBACK, self.port, directConnection=True, **self.login())
