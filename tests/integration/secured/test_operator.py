"""The operator's command with nothing but the rights that deploy/rights.yaml gives to what is done with it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from deploy.local.demo import play
from device_events import catalog
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.operator import Answer, command
from tests.support.secured import rights
from tests.support.secured.backends import DATABASE, GROUP, OPERATORS, Secured
from tests.support.secured.kafka import ADMIN
from tests.support.secured.rights import Kind, Operation, Right
from tests.support.secured.stack import SecuredStack, stack

RUNTIME = "myruntime"
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "events": ("tail", "--from", "beginning", "--count", "5"),
    "device": ("show", RUNTIME),
    "status": ("set", RUNTIME),
    "replay": ("--topic", catalog.DEVICE_STATUS_TOPIC, "--from", "beginning", "--group", GROUP),
    "dead-letters": ("replay", "--group", GROUP, "--all"),
    "outbox": (),
    "indexes": (),
    "reconcile": (),
    "erase": ("device", RUNTIME),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(backends: Secured, folder: Path) -> AsyncIterator[SecuredStack]:
    """The stack after its story, with a letter that the group has given up."""
    async with stack(folder / "operator", backends) as running:
        assert await play(running.record) == []
        origin = {"topic": catalog.DEVICE_STATUS_TOPIC, "partition": "0", "offset": "0", "reason": "a test"}
        headers = [(f"dead-letter-{name}", value.encode()) for name, value in origin.items()]
        publisher = Publisher(backends.kafka.connection(ADMIN))
        letter = OutgoingRecord(catalog.dead_letter_topic(GROUP), b"k", b"v", headers)
        assert await publisher.publish([letter]) == [True]
        await publisher.stop()
        yield running


async def run(running: SecuredStack, name: str) -> Answer:
    """The command, as the user who may do just that."""
    given = ARGUMENTS[name]
    if name in ("device", "status", "erase"):
        given = (*given, await _device(running))
    if name == "status":
        given = (*given, "LOST")
    operator, password = running.record["credentials"]["operator"]
    contacts = next(service for service in running.services if service.name == "contacts").environment()
    variables = {
        **running.backends.variables(OPERATORS[name]),
        **{variable: contacts[variable] for variable in ("CATALOGUE_FILE", "ENC_CONTACT_ID_KEYS_FILE")},
        "DEVICE_ADMIN_URL": running.record["services"]["device-admin"],
        "DEVICE_ADMIN_USER": operator,
        "DEVICE_ADMIN_PASSWORD": password,
    }
    return await command(variables, name, *given)


async def _device(running: SecuredStack) -> str:
    """The one that the story is about."""
    async with AsyncMongoClient[dict[str, Any]](running.backends.mongod.uri) as client:
        # What is left of it, once it is erased, has its id and status, too.
        found = await client[DATABASE]["device_admin"].find_one({"state.kind": {"$regex": "device$"}})
    assert found
    return str(found["state"]["device_id"])


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_each_command_works_with_its_rights(told: SecuredStack, name: str) -> None:
    answer = await run(told, name)
    assert (answer.exit, answer.err) == (0, ""), answer.out
    assert answer.out


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("events", Right(Kind.TOPIC, catalog.CUSTOM_EVENTS_TOPIC, Operation.READ)),
        ("device", Right(Kind.TOPIC, catalog.PUSH_TOPIC, Operation.READ)),
        ("replay", Right(Kind.TOPIC, catalog.DEVICE_STATUS_TOPIC, Operation.READ)),
        ("replay", Right(Kind.TOPIC, catalog.retry_topic(GROUP), Operation.WRITE)),
        ("replay", Right(Kind.GROUP, GROUP, Operation.DESCRIBE)),
        ("dead-letters", Right(Kind.TOPIC, catalog.dead_letter_topic(GROUP), Operation.WRITE)),
        ("dead-letters", Right(Kind.GROUP, GROUP, Operation.DESCRIBE)),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{one.operation.name} {one.name}",
)
async def test_without_one_of_them_it_says_so(told: SecuredStack, name: str, right: Right) -> None:
    """What is read in part is said to be; the rest is not done."""
    admin, who = told.backends.kafka.connection(ADMIN), OPERATORS[name]
    assert right in rights.command_rights(name, GROUP)
    await rights.revoke(admin, who, [right])
    try:
        answer = await run(told, name)
    finally:
        await rights.grant(admin, who, [right])
    assert "Traceback" not in answer.err
    if name in ("events", "device"):
        assert (answer.exit, f"{right.name} is not there, or we may not read it" in answer.err + answer.out) == (
            0,
            True,
        )
    else:
        assert (answer.exit in (2, 3), answer.out) == (True, ""), answer.err
