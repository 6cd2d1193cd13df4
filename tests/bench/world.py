"""The backends of a bench, and push-registry as a process of its own on them."""

import base64
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import yaml

from chassis.tokens import TokenDigest
from chassis.topics import create_topics
from deploy.local.backends import Kafka, Mongod, Server
from deploy.local.backends.ports import LOOPBACK
from device_events import KafkaConnection
from tests.bench import machine
from tests.support.tokens import TokenIssuer, serving

GROUP = "push-registry"
APPLICATION = "myapp"
RUNTIME = "myruntime"
OURS, NAIVE = "push_registry", "tests.bench.naive"
_DIGEST_KEY = b"bench" * 8
DIGEST = TokenDigest(_DIGEST_KEY)


@dataclass(frozen=True, slots=True)
class Place:
    """A database and topics that one service has to itself."""

    name: str
    mongodb_uri: str
    kafka: KafkaConnection


@dataclass(frozen=True)
class World:
    """What runs during the whole bench."""

    folder: Path
    mongod: Mongod
    kafka: Kafka
    issuer: TokenIssuer

    async def place(self, label: str) -> Place:
        """A new one, with its topics made as in production."""
        name = f"{label}_{secrets.token_hex(3)}"
        connection = KafkaConnection(bootstrap_servers=(self.kafka.bootstrap,), topic_prefix=f"{name}.")
        await create_topics(connection, [GROUP], replicas=1)
        return Place(name, self.mongod.uri, connection)

    def registry(self, place: Place, module: str = OURS, *, profile: Path | None = None, number: int = 0) -> "Registry":
        """push-registry in that place, not started; `number` tells its replicas apart."""
        catalogue = self.folder / "catalogue.yaml"
        catalogue.write_text(yaml.safe_dump({"applications": [{"id": APPLICATION, "runtime": RUNTIME}]}))
        trusted = self.issuer.trusted
        variables = {
            "MONGODB_URI": place.mongodb_uri,
            "MONGODB_DATABASE": place.name,
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(place.kafka.bootstrap_servers),
            "KAFKA_TOPIC_PREFIX": place.kafka.topic_prefix,
            "CATALOGUE_FILE": str(catalogue),
            "TOKEN_DIGEST_KEY": base64.urlsafe_b64encode(_DIGEST_KEY).decode(),
            "OIDC_ISSUERS": f"{trusted.issuer}|{trusted.audience}|{trusted.jwks_url}",
        }
        return Registry(f"{place.name}-{number}", self.folder / "logs", variables, module=module, profile=profile)


class Registry(Server):
    """push-registry on the server's core; `module` is what is run, under cProfile if a file for it is named."""

    def __init__(
        self, name: str, logs: Path, variables: Mapping[str, str], *, module: str, profile: Path | None
    ) -> None:
        """`variables` are its settings; host and port are set here."""
        self.name = name
        super().__init__(logs, logs)
        self._variables = variables
        self._module = module
        self._profile = profile

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://{self.address}"

    def command(self) -> list[str]:
        """As in production, but for the pinning."""
        watched = ["-m", "cProfile", "-o", str(self._profile)] if self._profile else []
        pinned = ["taskset", "--cpu-list", machine.server_cores()]
        return [*pinned, sys.executable, "-P", *watched, "-m", self._module]

    def environment(self) -> Mapping[str, str]:
        """The naive one is found from the top of the repository."""
        own = {"HOST": LOOPBACK, "PORT": str(self.port), "PYTHONPATH": machine.IMPORTED_FROM}
        return {**os.environ, **self._variables, **own}

    async def ready(self) -> bool:
        """What its readiness says."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/health/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """mongod, Apache Kafka and an issuer of tokens, stopped at the end."""
    async with (
        Mongod(folder / "mongod", folder / "logs") as mongod,
        Kafka(folder / "kafka", folder / "logs") as kafka,
        serving(TokenIssuer()) as issuer,
    ):
        yield World(folder, mongod, kafka, issuer)
