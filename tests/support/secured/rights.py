"""The rights of deploy/rights.yaml, given to users of a Kafka and of a MongoDB."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from deploy.local.service import REPOSITORY
from device_events import KafkaConnection
from tests.support.secured.mongod import Rights

FILE: Path = REPOSITORY / "deploy" / "rights.yaml"
LITERAL, ALLOW, EVERYWHERE = 3, 3, "*"


class Kind(IntEnum):
    """What a right is about, as Kafka's protocol numbers it."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """What may be done with it."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10


@dataclass(frozen=True, slots=True)
class Right:
    """One allowed operation."""

    kind: Kind
    name: str
    operation: Operation


def table() -> dict[str, Any]:
    """The file."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return read


def kafka_rights(who: str) -> list[Right]:
    """What the file lets a deployable do with Kafka."""
    return list(_rights(table()["kafka"][who]))


def mongodb_rights(who: str) -> Rights:
    """What the file lets a deployable do with MongoDB."""
    rights = table()["mongodb"]
    return [{"collection": rights["collections"][who], "actions": rights["actions"]}]


def command_rights(command: str, group: str) -> list[Right]:
    """What the file lets the operator's command do with Kafka, for a consumer group."""
    return [
        replace(right, name=right.name.replace("<group>", group)) for right in _rights(table()["commands"][command])
    ]


def command_mongodb_rights(command: str) -> Rights:
    """What the file lets the operator's command do with MongoDB."""
    rights, actions = table(), table()["commands"][command].get("mongodb", [])
    return [{"collection": name, "actions": actions} for name in rights["mongodb"]["collections"].values() if actions]


async def grant(admin: KafkaConnection, who: str, rights: list[Right]) -> None:
    """Allow all of it."""
    await _change(admin, who, rights, CreateAclsRequest)


async def revoke(admin: KafkaConnection, who: str, rights: list[Right]) -> None:
    """Allow it no longer."""
    await _change(admin, who, rights, DeleteAclsRequest)


def _rights(entry: dict[str, Any]) -> Iterator[Right]:
    for name in entry.get("writes", ()):
        yield Right(Kind.TOPIC, name, Operation.WRITE)
    for name in entry.get("reads", ()):
        yield Right(Kind.TOPIC, name, Operation.READ)
    if group := entry.get("group"):
        yield Right(Kind.GROUP, group, Operation.READ)
    for name in entry.get("creates", ()):
        yield Right(Kind.TOPIC, name, Operation.CREATE)
        yield Right(Kind.TOPIC, name, Operation.DESCRIBE)
    for name in entry.get("describes", ()):
        yield Right(Kind.GROUP, name, Operation.DESCRIBE)
    for name in entry.get("configs", ()):
        yield Right(Kind.TOPIC, name, Operation.DESCRIBE_CONFIGS)


async def _change(admin: KafkaConnection, who: str, rights: list[Right], request: type[Any]) -> None:
    client: AIOKafkaAdminClient = admin.admin()
    await client.start()
    try:
        for right in rights:
            name, principal = admin.name(right.name), f"User:{who}"
            asked = request(right.kind, name, LITERAL, principal, EVERYWHERE, right.operation, ALLOW)
            answer: Any = await client._send_to_controller(asked)
            (done,) = answer.creation_responses if request is CreateAclsRequest else answer.filter_responses
            assert done[0] == 0, done
    finally:
        await client.close()
