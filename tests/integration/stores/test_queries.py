"""No store reads a collection from end to end, and deploy/scale.md lists every query with its index and shard key."""

import re
from pathlib import Path

from pymongo import AsyncMongoClient

from chassis.mongo import Document
from chassis.relay import Addressed, Relay
from chassis.sweeper import Sweeper
from device_events import catalog
from tests.integration.stores.life import steps
from tests.integration.stores.queries import Query, Recorder
from tests.integration.stores.stage import MEMBERS, Stage, stage
from tests.model.broker import Broker

PAGE = Path(__file__).parents[3] / "deploy" / "scale.md"
ROW = re.compile(r"^\| (\w+) \| `([^`]+)` \| `([^`]*)` \| (one|several|none) \| (.*) \|$", re.MULTILINE)


async def test_every_query_uses_an_index_and_is_on_the_page(mongodb_uri: str, database_name: str) -> None:
    recorder = Recorder()
    async with stage(mongodb_uri, database_name, [recorder]) as one:
        for step in steps():
            await step.do(one)
        await _publish(one)
        async with AsyncMongoClient[Document](mongodb_uri) as client:
            found = await recorder.explained(client[database_name])
    for query in sorted(found):
        print(f"| {query.collection} | `{query.shape}` | `{query.plan}` | {query.key} |  |")
    assert [query for query in found if not query.plan or "COLLSCAN" in query.plan] == []
    text = PAGE.read_text(encoding="utf-8")
    rows = {Query(*row[:4]): row[4] for row in ROW.findall(text)}
    assert set(rows) == found
    assert [query for query, reason in rows.items() if not reason.strip()] == []


async def _publish(one: Stage) -> None:
    """What relays and sweepers do with the outboxes: half by these, half by those."""
    for member in MEMBERS:
        collection = one.collections[member.source]
        broker = Broker()
        broker.degraded = False
        relay = Relay(
            collection, broker, source=member.source, topic_for=catalog.topic_for, keep_latest=member.keep_latest
        )
        documents = (await one.documents(member)).values()
        waiting = [Addressed(found["_id"], entry) for found in documents for entry in found.get("outbox", ())]
        assert waiting
        await relay.deliver(waiting[: len(waiting) // 2])
        assert await Sweeper(collection, relay, one.clock, age=0.001).sweep()
