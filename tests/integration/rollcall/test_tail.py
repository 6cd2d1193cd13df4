"""Tail: events as they are announced, for people and for programs, whatever becomes of Kafka or of the reader."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from device_events import Event, catalog
from device_events.publisher import OutgoingRecord
from tests.integration.device_events.members import event
from tests.integration.rollcall.site import RUNTIME, Site, status_changed
from tests.support.operator import interrupted, started
from tests.support.proxy import proxying

TAIL = ("events", "tail")
SECRET = "ada@example.com"


def custom_event(device: str) -> Event:
    """A custom event about a contact, which holds the contact's values."""
    data = {"runtime": RUNTIME, "listId": 3, "contactId": "BGR", "customEvent": "SendWelcomeEmail", "cause": "call"}
    return Event(
        **{name: getattr(status_changed(device, "LOST", 1), name) for name in ("id", "time", "sequence", "deviceid")},
        type=catalog.CUSTOM_EVENT_TRIGGERED,
        source=catalog.CONTACTS,
        subject="contact:3:00",
        data={**data, "deviceId": device, "values": {"Email": SECRET}},
    )


async def shown(site: Site, count: int, *more: str) -> list[dict[str, Any]]:
    """The first so many from the beginning, as JSON."""
    answer = await site.rollcall(*TAIL, "--from", "beginning", "--json", "--count", str(count), *more)
    assert (answer.exit, answer.err) == (0, "")
    return [json.loads(line) for line in answer.out.splitlines()]


def ids(found: Sequence[dict[str, Any]]) -> set[str]:
    return {one["id"] for one in found}


async def test_filters_choose_and_personal_data_is_shown_when_asked_for(quiet_site: Site) -> None:
    lost, custom, push = status_changed("a", "LOST", 1), custom_event("a"), event("a", 1)
    garbage = OutgoingRecord(catalog.PUSH_TOPIC, b"k", b"{", [("ce_type", catalog.PUSH_SEEN.encode())])
    await quiet_site.publish(lost, custom, push, event("b", 1), garbage)
    assert ids(await shown(quiet_site, 2, "--device", f"{RUNTIME}/a")) == {lost.id, custom.id}
    assert ids(await shown(quiet_site, 2, "--application", "myapp")) == {push.id, "b-1"}
    (one,) = await shown(quiet_site, 1, "--runtime", RUNTIME, "--type", "contact.*", "--values")
    assert (one["topic"], one["data"]["values"]) == (catalog.CUSTOM_EVENTS_TOPIC, {"Email": SECRET})
    everything = await quiet_site.rollcall(*TAIL, "--from", "10m", "--count", "5")
    assert (everything.exit, everything.err) == (0, "")
    assert "SendWelcomeEmail" in everything.out
    assert (SECRET in everything.out, "\033" in everything.out) == (False, False)
    assert f"push.seen                       {catalog.PUSH_TOPIC}:" in everything.out
    assert "is no event of ours: no CloudEvent of ours" in everything.out


async def test_it_follows_from_the_end_in_nobodys_group_until_it_is_interrupted(quiet_site: Site) -> None:
    await quiet_site.publish(event("old", 1))
    async with started(quiet_site.variables, *TAIL, "--json") as process:
        assert process.stdout
        # Nobody is told that it has begun: so until it shows one.
        waiting = asyncio.create_task(process.stdout.readline())
        number = 0
        while not waiting.done():
            number += 1
            await quiet_site.publish(event("new", number))
            await asyncio.wait([waiting], timeout=0.5)
        first = json.loads(waiting.result())["sequence"]
        await quiet_site.publish(event("new", number + 1))
        for expected in range(first + 1, number + 2):
            assert json.loads(await process.stdout.readline())["sequence"] == expected
        admin = quiet_site.kafka.admin()
        await admin.start()
        groups = [name for name, *_ in await admin.list_consumer_groups() if name.startswith(quiet_site.kafka.name(""))]
        await admin.close()
        assert groups == []
        answer = await interrupted(process)
    assert (answer.exit, answer.out, answer.err) == (0, "", "")


async def test_it_ends_quietly_when_nobody_reads_it_any_more(quiet_site: Site) -> None:
    await quiet_site.publish(event("a", 1))
    async with started(quiet_site.variables, *TAIL, "--from", "beginning") as process:
        assert process.stdout
        await process.stdout.readline()
        # As head does; nothing more is announced that it could fail to write.
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]  # asyncio has no other way
        assert await asyncio.wait_for(process.wait(), 30) == 0
        assert process.stderr
        assert await process.stderr.read() == b""


async def test_while_kafka_is_away_it_waits_and_says_so_once(quiet_site: Site) -> None:
    host, port = quiet_site.kafka.bootstrap_servers[0].rsplit(":", 1)
    await quiet_site.publish(event("a", 1))
    async with proxying(host, int(port)) as proxy:
        proxy.cut()
        away = {**quiet_site.variables, "KAFKA_BOOTSTRAP_SERVERS": proxy.address}
        async with started(away, *TAIL, "--from", "beginning", "--count", "1", "--json") as process:
            assert process.stderr
            said = [await asyncio.wait_for(process.stderr.readline(), 60)]
            await asyncio.sleep(3)  # in which it tries again, more than once
            proxy.mend()
            out, err = await asyncio.wait_for(process.communicate(), 60)
            said += err.splitlines()
    assert [line.strip() for line in said] == [
        f"Kafka at {proxy.address} is away; waiting".encode(),
        b"Kafka answers again",
    ]
    assert (process.returncode, json.loads(out)["id"]) == (0, "a-1")


async def test_a_topic_that_is_not_there_is_said(quiet_site: Site) -> None:
    elsewhere = {**quiet_site.variables, "KAFKA_TOPIC_PREFIX": "nobody."}
    async with started(elsewhere, *TAIL) as process:
        _, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, b"there are no topics that we may read" in err) == (2, True)
