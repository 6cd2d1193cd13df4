"""What any place of records must show, in memory and on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from device_events import Away
from device_events.handlers.mongodb import MongoRecords, MongoSettings
from device_events.handlers.records import Claim, MemoryRecords, Records
from device_events.handlers.testing import custom_event
from tests.support.polling import eventually

COLLECTION = "records"


@pytest_asyncio.fixture(params=["memory", "mongodb"])
async def records(request: pytest.FixtureRequest, mongodb_uri: str, database_name: str) -> AsyncIterator[Records]:
    if request.param == "memory":
        yield MemoryRecords()
        return
    durable = MongoRecords(_settings(mongodb_uri, database_name), COLLECTION, application="test")
    await durable.prepare()
    yield durable
    await durable.stop()


def _settings(uri: str, database: str) -> MongoSettings:
    return MongoSettings(mongodb_uri=uri, mongodb_database=database)


async def test_of_many_claims_at_once_one_is_free(records: Records) -> None:
    event = custom_event("$where", handler="h", contact_id="$contact")
    claims = [records.claim(event, f"$owner-{n}", lease=60, again=False) for n in range(20)]
    found = await asyncio.gather(*claims)
    assert [claim.free for claim in found].count(True) == 1
    assert all(50 < claim.wait <= 60 for claim in found if not claim.free)


async def test_an_owner_may_claim_again_what_it_holds(records: Records) -> None:
    event = custom_event("E")
    for _ in range(2):
        assert (await records.claim(event, "me", lease=60, again=False)).free


async def test_a_claim_lapses_with_its_lease(records: Records) -> None:
    event = custom_event("E")
    assert (await records.claim(event, "dead", lease=0.2, again=False)).free
    assert not (await records.claim(event, "me", lease=60, again=False)).free

    async def free() -> bool:
        return (await records.claim(event, "me", lease=60, again=False)).free

    await eventually(free, within=5)


async def test_handlers_of_one_trigger_have_records_of_their_own(records: Records) -> None:
    one, other = (custom_event("E", trigger_id="t", handler=name) for name in ("one", "other"))
    await records.claim(one, "me", lease=60, again=False)
    await records.settle(one, "done")
    assert (await records.claim(one, "me", lease=60, again=False)) == Claim(False, "done")
    assert (await records.claim(other, "me", lease=60, again=False)).free


async def test_what_is_done_stays_done(records: Records) -> None:
    event = custom_event("E")
    await records.claim(event, "me", lease=60, again=False)
    await records.settle(event, "done")
    await records.settle(event, "failed", "late")
    assert await records.put_off(event, "me", 60, counted=True) == 0.0
    for again in (False, True):
        assert (await records.claim(event, "me", lease=60, again=again)) == Claim(False, "done")


async def test_what_failed_is_opened_again_when_that_is_asked_for_and_starts_anew(records: Records) -> None:
    event = custom_event("E")
    await records.claim(event, "me", lease=60, again=False)
    await records.put_off(event, "me", 0, counted=True)
    await records.settle(event, "failed", "no such shop")
    assert (await records.claim(event, "you", lease=60, again=False)) == Claim(False, "failed", "no such shop")
    assert (await records.claim(event, "you", lease=60, again=True)).free
    assert await records.put_off(event, "you", 60, counted=True) < 1.0
    await records.settle(event, "done")
    assert (await records.claim(event, "me", lease=60, again=False)) == Claim(False, "done")


async def test_since_when_it_is_put_off_is_counted_from_the_first_time(records: Records) -> None:
    event = custom_event("E")
    await records.claim(event, "me", lease=60, again=False)
    assert await records.put_off(event, "me", 0.05, counted=False) == 0.0
    assert await records.put_off(event, "me", 0.05, counted=True) < 0.05
    await asyncio.sleep(0.1)  # what is measured
    assert await records.put_off(event, "me", 60, counted=True) >= 0.1
    claim = await records.claim(event, "you", lease=60, again=False)
    assert not claim.free
    assert 50 < claim.wait <= 60


async def test_only_its_owner_puts_an_event_off(records: Records) -> None:
    event = custom_event("E")
    await records.claim(event, "me", lease=0.1, again=False)
    assert await records.put_off(event, "another", 60, counted=True) == 0.0

    async def free() -> bool:
        return (await records.claim(event, "you", lease=60, again=False)).free

    await eventually(free, within=5)


async def test_memory_has_an_end() -> None:
    records = MemoryRecords(limit=3)
    events = [custom_event("E") for _ in range(4)]
    for event in events:
        await records.claim(event, "me", lease=60, again=False)
        await records.settle(event, "done")
    claims = [await records.claim(event, "me", lease=60, again=False) for event in reversed(events)]
    assert [claim.free for claim in claims] == [False, False, False, True]


async def test_a_document_holds_no_value_of_the_contact_and_is_forgotten(mongodb_uri: str, database_name: str) -> None:
    durable = MongoRecords(_settings(mongodb_uri, database_name), COLLECTION, application="test")
    await durable.prepare()
    event = custom_event("E", handler="h", values={"Email": "canary@example.com"})
    await durable.claim(event, "me", lease=60, again=False)
    await durable.settle(event, "done")
    await durable.stop()
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        collection = client[database_name][COLLECTION]
        (document,) = [one async for one in collection.find()]
        indexes = await collection.index_information()
    assert "canary" not in str(document)
    assert (document["_id"], document["handler"], document["custom_event"]) == (event.idempotency_key, "h", "E")
    assert timedelta(days=29) < document["expires_at"] - datetime.now(UTC) <= timedelta(days=30)
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_a_mongodb_that_is_away_is_said_to_be() -> None:
    away = MongoRecords(_settings("mongodb://127.0.0.1:1/", "nowhere"), COLLECTION, application="test")
    event = custom_event("E")
    asked = await asyncio.gather(
        away.answers(),
        away.prepare(),
        away.claim(event, "me", lease=1, again=False),
        away.put_off(event, "me", 1, counted=True),
        away.settle(event, "done"),
        return_exceptions=True,
    )
    await away.stop()
    assert asked[0] is False
    assert [type(answer) for answer in asked[1:]] == [Away] * 4
