"""The services of a row: two replicas of each, on a database and topics of their own."""

import asyncio
import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from chassis.topics import create_topics
from deploy.local.backends import MailSink
from deploy.local.foundation import GROUPS, Foundation
from deploy.local.options import NAMES
from deploy.local.roster import settings
from device_events import KafkaConnection
from device_events.points import Point
from tests.faults.replica import Action, Replica
from tests.faults.servers import Servers
from tests.support.topics import delete_topics

REPLICAS = (1, 2)
PARTITIONS = 2
# Shorter than by default, or most of a run would be waiting for what a crash has left behind.
PATIENCE = {"ORPHAN_AGE": "5", "TRANSACTIONS_EVERY": "1", "SMTP_TIMEOUT": "3", "LOG_LEVEL": "WARNING"}


class Stack:
    """Its replicas by service and number. `database` and `prefix` (of topics and groups) are nobody else's."""

    def __init__(self, servers: Servers, name: str, mail: MailSink) -> None:
        """`name` is a word that no other row has."""
        self.database = f"faults_{name}"
        self.prefix = f"faults-{name}."
        self.logs = servers.folder / name / "logs"
        self._servers = servers
        self._mail = mail
        self._topics: list[str] = []
        self.replicas: dict[tuple[str, int], Replica] = {
            (service, number): Replica(service, number, self.logs, told)
            for service, told in self._told().items()
            for number in REPLICAS
        }

    @property
    def services(self) -> Sequence[str]:
        """The four services and email-handlers."""
        return GROUPS

    def urls(self, service: str) -> list[str]:
        """Where the service's replicas are."""
        return [self.replicas[service, number].url for number in REPLICAS]

    def of(self, services: Iterable[str] = NAMES, numbers: Iterable[int] = REPLICAS) -> list[Replica]:
        """The replicas of these services with these numbers."""
        chosen = [*numbers]
        return [self.replicas[service, number] for service in services for number in chosen]

    def tell(self, replicas: Iterable[Replica], variables: Mapping[str, str]) -> None:
        """Have these replicas started with these variables, from their next start on."""
        for replica in replicas:
            replica.settings.update(variables)

    async def start(self, replicas: Collection[Replica] | None = None) -> None:
        """Start those that do not run (of these, else of all) and return once each is ready."""
        if not self._topics:
            connection = KafkaConnection(
                bootstrap_servers=(self._servers.kafka.bootstrap,), topic_prefix=self.prefix, fetch_wait_ms=10
            )
            self._topics = await create_topics(connection, GROUPS, replicas=1, partitions=PARTITIONS)
        await asyncio.gather(*(replica.start() for replica in self._chosen(replicas) if replica.pid is None))

    async def kill(self, replicas: Collection[Replica] | None = None) -> None:
        """SIGKILL to these, else to all."""
        await asyncio.gather(*(replica.kill() for replica in self._chosen(replicas)))

    async def terminate(self, replicas: Collection[Replica] | None = None) -> float:
        """SIGTERM to these, else to all; returns the seconds until the last had ended by itself."""
        began = time.monotonic()
        await asyncio.gather(*(replica.stop() for replica in self._chosen(replicas)))
        return time.monotonic() - began

    async def kill_at(
        self, point: Point, replicas: Iterable[Replica], rng: random.Random, *, action: Action = "kill", within: float
    ) -> list[Replica]:
        """Have each of these die as it reaches the point, one of the next times; returns those that did so in time.

        The others still have the order, and may be in the middle of anything.
        """
        asked = [*replicas]
        await asyncio.gather(*(replica.order(point, action, after=rng.randint(1, 3)) for replica in asked))
        ends = await asyncio.gather(*(replica.died(within=within) for replica in asked), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, TimeoutError):
                raise end
        return [replica for replica, end in zip(asked, ends, strict=True) if not isinstance(end, BaseException)]

    async def remove(self) -> None:
        """Kill all, remove the topics; the database is the world's to drop."""
        for replica in self.replicas.values():
            if replica.pid is not None:
                await replica.kill()
        if self._topics:
            await delete_topics(self._servers.kafka.bootstrap, self._topics)

    def _chosen(self, replicas: Collection[Replica] | None) -> Collection[Replica]:
        return self.replicas.values() if replicas is None else replicas

    def _told(self) -> dict[str, dict[str, str]]:
        servers, trusted = self._servers, self._servers.issuer.trusted
        foundation = Foundation(
            mongodb_uri=servers.mongod.uri,
            database=self.database,
            kafka=KafkaConnection(
                bootstrap_servers=(servers.kafka.bootstrap,), topic_prefix=self.prefix, fetch_wait_ms=10
            ),
            mail=self._mail,
            servers=(),
        )
        told = settings(foundation, servers.secrets, trusted=f"{trusted.issuer}|{trusted.audience}|{trusted.jwks_url}")
        return {name: {**variables, **PATIENCE} for name, variables in told.items()}
