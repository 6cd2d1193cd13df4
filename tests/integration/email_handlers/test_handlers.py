"""The handlers over a real broker, a real database and a mail server of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from device_events import Event, KafkaConnection
from device_events.handlers import CustomEvent
from device_events.handlers.mongodb import MongoSettings
from device_events.handlers.runner import Runner
from device_events.window import Window
from email_handlers import handlers
from email_handlers.mails import compose
from email_handlers.smtp import Smtp
from tests.integration.email_handlers.mailbox import Mailbox, serve
from tests.support import runners
from tests.support.polling import eventually
from tests.support.runners import trigger

GROUP = "email-handlers"


@dataclass(frozen=True)
class Settings:
    """What the handlers are told."""

    smtp: Smtp
    mongodb: MongoSettings
    kafka: KafkaConnection


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Runner]:
    """The handlers, ready, stopped gracefully afterwards."""
    handlers.handlers.settings = settings.smtp
    async with runners.running(handlers.handlers, settings.kafka, GROUP, settings.mongodb) as runner:
        yield runner


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest_asyncio.fixture
async def mail_server(mailbox: Mailbox) -> AsyncIterator[asyncio.Server]:
    server = await serve(mailbox)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "PAUSE", 0.1)
    monkeypatch.setattr(handlers, "GREYLIST_PAUSE", 0.1)


@pytest.fixture
def settings(mongodb_uri: str, database_name: str, kafka: KafkaConnection, mail_server: asyncio.Server) -> Settings:
    smtp = Smtp(
        host="127.0.0.1",
        port=mail_server.sockets[0].getsockname()[1],
        sender="hello@rollcall.example",
        timeout=2.0,
    )
    return Settings(smtp, MongoSettings(mongodb_uri=mongodb_uri, mongodb_database=database_name), kafka)


def a_trigger(address: Any, name: str = "SendWelcomeEmail") -> Event:
    return runners.a_trigger(name, values={"Email": address, "FirstName": "Jane"})


async def record_of(settings: Settings, event: Event) -> dict[str, Any]:
    async with AsyncMongoClient[dict[str, Any]](settings.mongodb.mongodb_uri, tz_aware=True) as client:
        collection = client[settings.mongodb.mongodb_database]["email_triggers"]
        found = await collection.find_one({"_id": f"{event.id}/mail"})
    return found or {}


async def dead_letters(kafka: KafkaConnection) -> list[str]:
    """The reasons of those there are."""
    return [letter["dead-letter-reason"] for letter in await runners.dead_letters(kafka, GROUP)]


async def settled(settings: Settings, event: Event) -> dict[str, Any]:
    async def outcome() -> dict[str, Any] | None:
        record = await record_of(settings, event)
        return record if "outcome" in record else None

    return await eventually(outcome)


async def test_a_trigger_is_mailed_once_however_often_it_comes(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    first, last = a_trigger("jane@example.com"), a_trigger("joe@example.com", "SendEventInvite")
    async with running(settings):
        await trigger(kafka, first, first, first)
        assert (await settled(settings, first))["outcome"] == "done"
        await trigger(kafka, first, last)
        await settled(settings, last)
    assert [mail["Subject"] for mail in mailbox.to("jane@example.com")] == ["Welcome"]
    assert [mail["Subject"] for mail in mailbox.to("joe@example.com")] == ["You are invited"]


async def test_what_was_mailed_is_forgotten_after_the_topic_has(settings: Settings, kafka: KafkaConnection) -> None:
    event = a_trigger("jane@example.com")
    async with running(settings):
        await trigger(kafka, event)
        record = await settled(settings, event)
    assert timedelta(days=29) < record["expires_at"] - datetime.now(UTC) <= timedelta(days=30)
    assert "jane" not in str(record)
    async with AsyncMongoClient[dict[str, Any]](settings.mongodb.mongodb_uri) as client:
        indexes = await client[settings.mongodb.mongodb_database]["email_triggers"].index_information()
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_other_handlers_events_are_left_alone(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    other, ours = a_trigger(None, "SendTextMessage"), a_trigger("jane@example.com")
    async with running(settings):
        await trigger(kafka, other, ours)
        await settled(settings, ours)
    assert await record_of(settings, other) == {}
    assert await dead_letters(kafka) == []
    assert len(mailbox.mails) == 1


async def test_a_trigger_without_an_address_becomes_a_dead_letter(settings: Settings, kafka: KafkaConnection) -> None:
    async with running(settings):
        await trigger(kafka, a_trigger("jane@example.com\r\nBcc: joe@example.com"))
        reasons = await eventually(lambda: dead_letters(kafka))
    assert reasons == ["Rejected: the contact has no valid e-mail address in Email"]


async def test_a_recipient_refused_for_good_becomes_a_dead_letter_and_is_not_tried_again(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    mailbox.answers["gone@example.com"] = ["550 no such user"]
    event = a_trigger("gone@example.com")
    async with running(settings):
        await trigger(kafka, event)
        record = await settled(settings, event)
        assert (record["outcome"], record["reason"]) == ("failed", "the mail server answered 550")
        await trigger(kafka, event)
        reasons = await eventually(lambda: _if_many(dead_letters(kafka), 2))
    assert reasons == ["Rejected: the mail server answered 550"] * 2
    assert mailbox.mails == []


async def _if_many(found: Any, number: int) -> list[str] | None:
    letters: list[str] = await found
    return letters if len(letters) >= number else None


async def test_a_recipient_put_off_is_tried_again_with_the_same_mail(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    mailbox.answers["grey@example.com"] = ["451 try later", "450 try later"]
    event = a_trigger("grey@example.com")
    async with running(settings):
        await trigger(kafka, event)
        assert (await settled(settings, event))["outcome"] == "done"
    assert len(mailbox.to("grey@example.com")) == 1


async def test_a_recipient_put_off_for_too_long_becomes_a_dead_letter(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    mailbox.answers["full@example.com"] = ["452 mailbox full"] * 1_000
    event = a_trigger("full@example.com")
    async with running(replace(settings, smtp=replace(settings.smtp, patience=0.5))):
        await trigger(kafka, event)
        record = await settled(settings, event)
        assert await eventually(lambda: dead_letters(kafka))
    assert record["reason"] == "the mail server answered 452 for too long"


async def test_while_the_mail_server_is_away_the_trigger_waits(
    settings: Settings, mailbox: Mailbox, mail_server: asyncio.Server, kafka: KafkaConnection
) -> None:
    mail_server.close()
    event = a_trigger("jane@example.com")
    async with running(settings):
        await trigger(kafka, event)
        await eventually(lambda: record_of(settings, event))
        async with await serve(mailbox, settings.smtp.port):
            assert (await settled(settings, event))["outcome"] == "done"
    assert len(mailbox.mails) == 1
    assert await dead_letters(kafka) == []


async def test_another_process_goes_on_after_a_crash_with_the_same_message_id(
    settings: Settings, mailbox: Mailbox, kafka: KafkaConnection
) -> None:
    event = a_trigger("jane@example.com")
    async with running(settings) as runner:
        # As a process leaves it that mailed the contact and died before it could write that down.
        theirs = CustomEvent.of(event, "mail")
        claim = await runner.records.claim(theirs, "the dead", lease=1.0, again=False)
        assert claim.free
        await settings.smtp.send(compose(theirs, settings.smtp.sender))
        await trigger(kafka, event)
        await settled(settings, event)
    one, other = mailbox.to("jane@example.com")
    assert one["Message-ID"] == other["Message-ID"]


async def test_two_processes_at_once_mail_once(settings: Settings, mailbox: Mailbox) -> None:
    event = CustomEvent.of(a_trigger("jane@example.com"), "mail")
    async with running(settings) as one, running(settings) as other:
        workers = [worker for runner in (one, other) for worker in runner.workers for _ in range(5)]
        ends = await asyncio.gather(*(worker.carry_out(event, Window(), again=False) for worker in workers))
    assert [end and end.outcome for end in ends] == ["done"] * 10
    assert len(mailbox.mails) == 1
