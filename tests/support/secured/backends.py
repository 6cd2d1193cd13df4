"""Both backends with their doors closed, and a user with its own password and rights for each deployable."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from chassis.topics import create_topics
from tests.support.secured import kafka, mongod, rights
from tests.support.secured.certificates import Authority
from tests.support.secured.kafka import SecuredKafka
from tests.support.secured.mongod import SecuredMongod

DATABASE = "rollcall"
TOPICS = "topics"
DEPLOYABLES = ("push-registry", "device-admin", "contacts", "mobile-platform", "email-handlers")
# Those who may do one thing with the operator's command, and that for one group.
GROUP = "push-registry"
OPERATORS = {command: f"rollcall-{command}" for command in rights.table()["commands"]}


@dataclass(frozen=True)
class Secured:
    """Running servers, who signed their certificates and who did not, and everybody's password for both."""

    kafka: SecuredKafka
    mongod: SecuredMongod
    stranger: Authority
    passwords: Mapping[str, str]

    def variables(self, who: str) -> dict[str, str]:
        """How a deployable is told to log in."""
        connection = self.kafka.connection(who)
        return {
            "MONGODB_URI": self.mongod.uri_for(who, self.passwords[who]),
            "MONGODB_DATABASE": DATABASE,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": connection.security_protocol,
            "KAFKA_USERNAME": who,
            "KAFKA_PASSWORD": self.passwords[who],
            "KAFKA_CA_FILE": str(self.kafka.authority.file),
            "KAFKA_FETCH_WAIT_MS": "10",
        }


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[Secured]:
    """The servers with their topics and users, while inside."""
    authority, stranger = Authority(folder / "authority"), Authority(folder / "stranger")
    # A slash, a quote sign and a colon, which addresses and command lines have to bear.
    passwords = {who: f"pass/'{token_hex(8)}:{who}" for who in (kafka.ADMIN, TOPICS, *DEPLOYABLES, *OPERATORS.values())}
    broker = SecuredKafka(folder / "kafka", folder / "logs", authority, passwords)
    database = SecuredMongod(folder / "mongod", folder / "logs", authority, passwords[mongod.ADMIN])
    try:
        await asyncio.gather(broker.start(), database.start())
        await _admit(broker, database, passwords)
        yield Secured(broker, database, stranger, passwords)
    finally:
        await asyncio.gather(broker.stop(), database.stop())


async def _admit(broker: SecuredKafka, database: SecuredMongod, passwords: Mapping[str, str]) -> None:
    admin = broker.connection(kafka.ADMIN)
    await rights.grant(admin, TOPICS, rights.kafka_rights(TOPICS))
    await create_topics(broker.connection(TOPICS), DEPLOYABLES, replicas=1, partitions=2)
    for who in DEPLOYABLES:
        await rights.grant(admin, who, rights.kafka_rights(who))
        await database.add_user(who, passwords[who], DATABASE, rights.mongodb_rights(who))
    for command, who in OPERATORS.items():
        await rights.grant(admin, who, rights.command_rights(command, GROUP))
        await database.add_user(who, passwords[who], DATABASE, rights.command_mongodb_rights(command))
