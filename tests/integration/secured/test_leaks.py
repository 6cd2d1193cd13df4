"""Nothing secret leaks: a run of the whole stack with canaries everywhere, and all that it wrote searched for them.

Secrets (push tokens, passwords, keys, bearer tokens) are nowhere but in the requests, the answers of the API that is
about them, and the collections that need them. Contact values and phone numbers are besides in the custom-events topic
and its dead letters. Identifiers (device ids, user ids and names) are in events, never in logs and metrics.
"""

import gc
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from pymongo import AsyncMongoClient

from device_events import catalog
from device_events.catalog import dead_letter_topic
from device_events.publisher import OutgoingRecord, Publisher
from tests.integration.secured.calls import Caller
from tests.integration.secured.canaries import CONTACT, DEVICES, TOKENS, Words, found, places_of, words
from tests.support.announced import records
from tests.support.polling import eventually
from tests.support.secured import faulty, kafka
from tests.support.secured.backends import DATABASE, Secured
from tests.support.secured.stack import SecuredStack, stack

LETTERS = dead_letter_topic("email-handlers")
FOR_HANDLERS = {catalog.CUSTOM_EVENTS_TOPIC, LETTERS}


@dataclass(frozen=True)
class Written:
    """All that a run wrote, each by place."""

    words: Words
    logs: Mapping[str, str]
    shown: Mapping[str, str]
    refusals: Mapping[str, str]
    topics: Mapping[str, str]
    collections: Mapping[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def written(backends: Secured, folder: Path) -> AsyncIterator[Written]:
    """One run: what ends well, what is refused, what fails inside, what cannot be handled."""
    program = Path(faulty.__file__)
    fault = words(backends.passwords)
    async with stack(folder / "leaks", backends, program=program, FAULT_TEXT=fault.text) as running:
        looked_for = words(running.secrets)
        async with aiohttp.ClientSession() as http:
            caller = Caller(running.record, http)
            await _play(caller, backends)
            collections = await _collections(backends)
            assert await caller.status(DEVICES["device"], "LOST") == 200
            looked_for.secrets["bearer token"] = caller.bearer
            looked_for.secrets["signature of a bearer token"] = caller.bearer.rpartition(".")[2]
            shown = await _shown(running, http)
        topics = await _topics(backends)
    yield Written(looked_for, running.logs(), shown, caller.refusals, topics, collections)


async def _play(caller: Caller, backends: Secured) -> None:
    right, wrong = await caller.rightly(), await caller.wrongly()
    assert {status // 100 for status in right} == {2}, right
    assert {status // 100 for status in wrong} == {4}, wrong
    assert set(await caller.faultily(faulty.OURS, faulty.DRIVERS)) <= {500, 503}
    await caller.faultily(faulty.UNAWAITED)
    # A handler that fails for ever, and a contact without an address, whose event is refused at once.
    failing = {"X_Correlation_ID": faulty.HANDLERS}
    welcome = "&customevents=SendWelcomeEmail"
    assert await caller.contact(DEVICES["device"], query=welcome, headers=failing) == 200
    nowhere = CONTACT | {"Email": "canary.mail@example.com, nowhere"}
    assert await caller.contact("canary-device-3", query=welcome, values=nowhere) == 200
    await _poison(backends)

    async def given_up() -> bool:
        # While nothing succeeds, a failing event is waited for; and what is about its own contact waits behind it.
        other = CONTACT | {"Email": "other.canary@example.com"}
        await caller.contact("canary-device-4", query="&customevents=SendEventInvite", values=other)
        return len(await records(backends.kafka.connection(kafka.ADMIN), [LETTERS])) >= 3

    await eventually(given_up, within=60, every=0.5)
    gc.collect()


async def _poison(backends: Secured) -> None:
    """A custom event out of its schema, with a contact's values in it."""
    (good,) = (await records(backends.kafka.connection(kafka.ADMIN), [catalog.CUSTOM_EVENTS_TOPIC]))[:1]
    value = good.value.replace(b'"values":{', f'"values":"{CONTACT["Mobile"]}","was":{{'.encode())
    publisher = Publisher(backends.kafka.connection(kafka.ADMIN))
    assert await publisher.publish(
        [OutgoingRecord(catalog.CUSTOM_EVENTS_TOPIC, good.key, value, list(good.headers))]
    ) == [True]
    await publisher.stop()


async def _shown(running: SecuredStack, http: aiohttp.ClientSession) -> dict[str, str]:
    """What each service shows of itself to anybody."""
    shown = {}
    for service in running.services:
        for path in ("/metrics", "/health/ready", "/health/live"):
            async with http.get(f"http://{service.address}{path}") as answer:
                shown[f"{service.name}{path}"] = await answer.text()
    return shown


async def _topics(backends: Secured) -> dict[str, str]:
    admin = backends.kafka.connection(kafka.ADMIN)
    client = admin.admin()
    await client.start()
    names = [name for name in await client.list_topics() if not name.startswith("__")]
    await client.close()
    texts: dict[str, list[str]] = {name: [] for name in names}
    for record in await records(admin, names):
        parts: list[Any] = [record.key, record.value, *(value for _, value in record.headers)]
        texts[record.topic] += [part.decode("utf-8", "replace") for part in parts if part]
    return {name: "\n".join(parts) for name, parts in texts.items()}


async def _collections(backends: Secured) -> dict[str, str]:
    async with AsyncMongoClient[dict[str, Any]](backends.mongod.uri) as client:
        database = client[DATABASE]
        return {
            name: "\n".join([repr(document) async for document in database[name].find()])
            for name in await database.list_collection_names()
        }


async def test_no_log_has_any_of_it(written: Written) -> None:
    every = {**written.words.secrets, **written.words.personal, **written.words.identifiers}
    assert found(every, written.logs) == []


async def test_the_faults_were_logged_nevertheless(written: Written) -> None:
    """Else the test above would search logs in which there was nothing to hide."""
    for name, event in [
        *((name, "request_failed") for name in ("push-registry", "contacts", "mobile-platform", "device-admin")),
        *((name, "unhandled") for name in ("push-registry", "contacts", "mobile-platform")),
        ("email-handlers", "event_failed"),
        ("email-handlers", "event_dead_lettered"),
    ]:
        assert f'"{event}"' in written.logs[name], (name, event)
    for kind in ("RuntimeError", "OperationFailure", "ValueError"):
        assert places_of([f'"exc_type":"{kind}"'], written.logs), kind


async def test_metrics_and_health_have_none_of_it(written: Written) -> None:
    every = {**written.words.secrets, **written.words.personal, **written.words.identifiers}
    assert found(every, written.shown) == []


async def test_no_refusal_repeats_a_secret_or_a_personal_value(written: Written) -> None:
    assert found({**written.words.secrets, **written.words.personal}, written.refusals) == []


async def test_no_event_has_a_secret(written: Written) -> None:
    assert found(written.words.secrets, written.topics) == []


async def test_contact_values_are_in_custom_events_and_their_dead_letters_alone(written: Written) -> None:
    assert places_of(written.words.personal.values(), written.topics) == FOR_HANDLERS


async def test_what_is_stored_is_stored_where_it_is_due(written: Written) -> None:
    personal = dict(written.words.personal)
    assert places_of([personal.pop("phoneNumber")], written.collections) == {"push_devices"}
    assert places_of(personal.values(), written.collections) == {"contacts"}
    tokens = set(TOKENS.values())
    assert places_of(tokens, written.collections) == {"push_devices", "mobile_clients"}
    others = {what: word for what, word in written.words.secrets.items() if word not in tokens}
    assert found(others, written.collections) == []
