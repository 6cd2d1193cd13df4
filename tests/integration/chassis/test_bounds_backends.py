"""A MongoDB that is there and does not answer holds nobody for ever; a busy one is not taken for one that is away."""

import asyncio
import time

from chassis.errors import Unavailable
from chassis.health import ANSWERS_WITHIN, Probe
from chassis.mongo import Document, connect, durable_collection, ensure_indexes
from device_events import KafkaConnection
from tests.integration.chassis.greeter import STORE, create, is_ready, readiness, serving, settings
from tests.support.polling import eventually
from tests.support.proxy import proxied

ENDS_WITHIN = 25.0  # seconds: finding the server, an answer, and both once more


async def test_every_operation_on_a_mongodb_that_hangs_has_an_end(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with proxied(mongodb_uri) as proxy, serving(create(settings(proxy.uri, database_name, kafka))) as service:
        await eventually(lambda: is_ready(service), within=30)
        store = service.app[STORE]
        proxy.hold()
        began = time.monotonic()
        status, body = await readiness(service)
        assert (status, body["waiting-for"]) == (503, ["mongodb"])
        assert time.monotonic() - began < ANSWERS_WITHIN + 1
        reads = (store.read("r/a"), store.find({}), store.count({}))
        async with asyncio.timeout(ENDS_WITHIN):
            (status, body, headers), answers = await asyncio.gather(
                service.request("PUT", "/greetings/a", json={"number": 1}),
                asyncio.gather(*reads, return_exceptions=True),
            )
        assert (status, body["code"]) == (503, "unavailable")
        assert int(headers["Retry-After"]) > 0
        assert [type(answer) for answer in answers] == [Unavailable] * 3
        proxy.mend()
        await eventually(lambda: is_ready(service), within=30)


async def test_health_is_told_apart_from_a_pool_that_is_busy(mongodb_uri: str, database_name: str) -> None:
    async with connect(mongodb_uri, application="test", connections=1) as client:
        collection = durable_collection(client[database_name], "things")
        await ensure_indexes(collection, [])
        busy: Document = {"$where": "sleep(3000) || true"}
        await collection.insert_one({"_id": 1})
        probe = Probe(mongodb_uri, application="test")
        try:
            slow = asyncio.create_task(collection.find_one(busy))
            began = time.monotonic()
            assert await asyncio.gather(*(probe.answers() for _ in range(50))) == [True] * 50
            assert time.monotonic() - began < 1.5
            assert not slow.done()
            await slow
        finally:
            await probe.stop()
