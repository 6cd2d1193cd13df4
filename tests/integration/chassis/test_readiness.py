"""When a service is ready: its indexes exist, MongoDB answers, and it knows every device's status."""

from typing import Any

import pytest

from chassis.health import HEALTH
from chassis.jobs import Job
from device_events import Event, KafkaConnection, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.integration.chassis.greeter import Reacted, create, is_ready, readiness, serving, settings
from tests.support.polling import eventually
from tests.support.proxy import proxied
from tests.unit.device_events.examples import example

NOWHERE = ("127.0.0.1:1",)


def away(kafka: KafkaConnection) -> KafkaConnection:
    return KafkaConnection(
        bootstrap_servers=NOWHERE, idempotent=kafka.idempotent, topic_prefix=kafka.topic_prefix, fetch_wait_ms=10
    )


def status_changed(number: int) -> Event:
    return example(catalog.DEVICE_STATUS_CHANGED, id=f"s-{number}", subject=f"r/{number}", deviceid=f"r/{number}")


async def announce(kafka: KafkaConnection, *events: Event) -> None:
    publisher = Publisher(kafka)
    records = [OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, *encode(event)) for event in events]
    assert all(await publisher.publish(records))
    await publisher.stop()


async def test_a_service_with_all_it_needs_is_ready_and_live(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with serving(create(settings(mongodb_uri, database_name, kafka))) as service:
        await eventually(lambda: is_ready(service), within=30)
        assert (await readiness(service))[1] == {
            "status": "ready",
            "kafka": "up",
            "outbox-backlog": 0,
            "consumer-lag": 0,
        }
        assert (await service.request("GET", "/health/live"))[:2] == (200, {"status": "live"})


async def test_a_service_that_listens_to_nothing_is_ready_too(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    app = create(settings(mongodb_uri, database_name, kafka), listening=False)
    async with serving(app) as service:
        await eventually(lambda: is_ready(service), within=30)


async def test_without_mongodb_it_is_live_but_not_ready_and_becomes_so(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with proxied(mongodb_uri) as proxy:
        proxy.cut()
        async with serving(create(settings(proxy.uri, database_name, kafka))) as service:
            status, body = await readiness(service)
            assert status == 503
            assert {"indexes", "mongodb"} <= set(body["waiting-for"])
            assert (await service.request("GET", "/health/live"))[0] == 200
            proxy.mend()
            await eventually(lambda: is_ready(service), within=30)
            proxy.cut()
            status, body = await readiness(service)
            assert (status, body["waiting-for"]) == (503, ["mongodb"])
            proxy.mend()
            await eventually(lambda: is_ready(service), within=30)


async def test_a_new_deployment_waits_until_it_knows_every_status(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    await announce(kafka, *map(status_changed, range(10)))
    reacted = Reacted()
    async with serving(create(settings(mongodb_uri, database_name, kafka), reacted)) as service:

        async def behind() -> bool:
            return bool((await readiness(service))[1]["consumer-lag"] == 10)

        await eventually(behind, within=30)
        status, body = await readiness(service)
        assert (status, body["waiting-for"]) == (503, ["device-status"])
        reacted.go.set()
        await eventually(lambda: is_ready(service), within=30)
        assert len(reacted.seen) == 10


async def test_with_kafka_away_a_new_deployment_waits_and_an_old_one_is_ready_but_degraded(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    cut_off = settings(mongodb_uri, database_name, away(kafka))
    async with serving(create(cut_off)) as service:
        await eventually(lambda: service.app[HEALTH].blockers == {"device-status"}, within=30)
        assert (await readiness(service))[0] == 503
    async with serving(create(settings(mongodb_uri, database_name, kafka))) as service:
        await eventually(lambda: is_ready(service), within=30)
    async with serving(create(cut_off)) as service:
        await eventually(lambda: is_ready(service, "degraded"), within=30)
        status, body, _ = await service.request("PUT", "/greetings/a", json={"number": 1})
        assert (status, body) == (200, [1])

        async def backlog() -> bool:
            return bool((await readiness(service))[1]["outbox-backlog"] == 1)

        await eventually(backlog, within=30)
        assert await is_ready(service, "degraded")


async def test_missing_topics_are_named_and_waited_for(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    elsewhere = KafkaConnection(
        bootstrap_servers=kafka.bootstrap_servers, idempotent=kafka.idempotent, topic_prefix="absent."
    )
    async with serving(create(settings(mongodb_uri, database_name, elsewhere))) as service:

        async def named() -> bool:
            return "topics" in (await readiness(service))[1].get("waiting-for", [])

        await eventually(named, within=30)


async def test_a_service_about_to_stop_says_so(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> None:
    async with serving(create(settings(mongodb_uri, database_name, kafka))) as service:
        await eventually(lambda: is_ready(service), within=30)
        service.app[HEALTH].draining = True
        status, body = await readiness(service)
        assert (status, body["waiting-for"]) == (503, ["draining"])
        assert (await service.request("PUT", "/greetings/a", json={"number": 1}))[0] == 200


async def test_a_job_begins_when_the_indexes_exist_and_comes_again_after_a_failure(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    runs: list[int] = []

    async def run(_resources: Any) -> None:
        runs.append(len(runs))
        raise LookupError("once more")

    job = Job("failing", every=0.01, run=run)
    async with proxied(mongodb_uri) as proxy:
        proxy.cut()
        async with serving(create(settings(proxy.uri, database_name, kafka), jobs=(job,))) as service:
            await readiness(service)
            assert runs == []
            proxy.mend()
            await eventually(lambda: len(runs) >= 3, within=30)


@pytest.mark.parametrize("ready", [True, False])
async def test_a_stop_at_any_moment_is_prompt(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, ready: bool
) -> None:
    async with serving(create(settings(mongodb_uri, database_name, kafka))) as service:
        if ready:
            await eventually(lambda: is_ready(service), within=30)
