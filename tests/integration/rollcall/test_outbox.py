"""The backlog: what is saved and not yet announced, by service."""

from chassis.decisions import Aggregate, Announcement, Decision
from device_events import KafkaConnection, catalog
from rollcall.services import PUSH_REGISTRY
from tests.integration.rollcall.site import Site
from tests.support.polling import eventually
from tests.support.replicas import replica


def announcing(number: int) -> Decision[dict[str, int], None]:
    data = {"runtime": "r", "applicationId": "a", "deviceId": "d"}
    return Decision(None, {"number": number}, [Announcement(type=catalog.PUSH_SEEN, data=data)] * number)


async def test_the_backlog_is_counted_with_the_age_of_the_oldest(
    quiet_site: Site, mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    empty = {"documents": 0, "events": 0, "oldestSeconds": None}
    answer = await quiet_site.rollcall("outbox", "--json", "--older-than", "0")
    assert (answer.exit, answer.data["services"]) == (
        0,
        dict.fromkeys(("device-admin", "push-registry", "contacts", "mobile-platform"), empty),
    )

    async with replica(
        mongodb_uri,
        database_name,
        kafka,
        source=catalog.PUSH_REGISTRY,
        collection=PUSH_REGISTRY.collection,
        relaying=False,
    ) as one:

        def decide(_: Aggregate[dict[str, int]]) -> Decision[dict[str, int], None]:
            return announcing(2)

        for id in ("r/a", "r/b", "r/c"):
            await one.store.execute(id, decide)

        async def old_enough() -> bool:
            said = await quiet_site.rollcall("outbox", "--json", "--older-than", "0.5")
            push = said.data["services"]["push-registry"]
            assert (push["documents"], push["events"]) == (3, 6)
            return said.exit == 1 and 0.5 < push["oldestSeconds"] < 60

        await eventually(old_enough, within=30)
        assert (await quiet_site.rollcall("outbox", "--older-than", "3600")).exit == 0
        said = await quiet_site.rollcall("outbox")
        assert "push-registry    6 events of 3 documents wait, the oldest for" in said.out
