"""A device's status against its registrations: what it may do, what it loses, and that nothing goes around it."""

import itertools
from typing import Any

import pytest
import pytest_asyncio

from chassis.service import CONSUMER
from device_events import Event, KafkaConnection, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.integration.push_registry.conftest import DIGEST, READ, WRITE, status_changed
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.services import Running
from tests.support.tokens import TokenIssuer

BLOCKING = ("LOST", "STOLEN", "DISABLED")
Answer = tuple[int, Any, Any]


class Stage:
    """A device's view of the service, and the announcements on either side of it."""

    def __init__(self, push: Running, issuer: TokenIssuer, kafka: KafkaConnection) -> None:
        self._push, self._issuer, self._kafka = push, issuer, kafka

    async def call(self, method: str, device: str, application: str, **kwargs: Any) -> Answer:
        path = f"/imfpush/v1/apps/{application}/devices" + (f"/{device}" if device else "")
        scope = f"{READ} {WRITE}".replace("myapp", application)
        return await self._push.request(method, path, headers=self._issuer.headers(scope), **kwargs)

    async def register(self, device: str, *, application: str = "myapp", token: str | None = None) -> int:
        body = {"deviceId": device, "platform": "A", "token": token or f"token-of-{device}"}
        return (await self.call("POST", "", application, json=body))[0]

    async def update(self, device: str, **body: Any) -> int:
        return (await self.call("PUT", device, "myapp", json=body))[0]

    async def delete(self, device: str, *, application: str = "myapp") -> int:
        return (await self.call("DELETE", device, application))[0]

    async def token(self, device: str, *, application: str = "myapp") -> str | None:
        status, body, _ = await self.call("GET", device, application)
        assert status == 200
        found: str | None = body.get("token")
        return found

    async def announce(self, *events: Event) -> None:
        publisher = Publisher(self._kafka)
        records = [OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, *encode(event)) for event in events]
        assert all(await publisher.publish(records))
        await publisher.stop()

    async def events(self, device: str) -> list[Event]:
        return [event for event in await announced(self._kafka, catalog.PUSH_TOPIC) if event.data["deviceId"] == device]

    async def applied(self, cause: Event) -> Event:
        """The acknowledgement of this change."""

        async def found() -> list[Event]:
            return [
                event
                for event in await self.events(cause.data["deviceId"])
                if event.type == catalog.DEVICE_STATUS_APPLIED and event.causationid == cause.id
            ]

        (event,) = await eventually(found, within=30)
        return event

    async def settled(self) -> None:
        """Until the service has handled all that has been announced to it."""
        subscriber = self._push.app[CONSUMER].subscriber

        async def handled() -> bool:
            return await subscriber.lag() == 0

        await eventually(handled, within=30)

    async def change(self, device: str, status: str, sequence: int) -> Event:
        """A status change that has been applied."""
        cause = status_changed(device, status, sequence)
        await self.announce(cause)
        return await self.applied(cause)


@pytest_asyncio.fixture
async def stage(push: Running, issuer: TokenIssuer, kafka: KafkaConnection) -> Stage:
    return Stage(push, issuer, kafka)


@pytest.mark.parametrize("status", BLOCKING)
async def test_a_blocking_status_takes_the_tokens_in_every_application_and_blocks(stage: Stage, status: str) -> None:
    for application in ("myapp", "otherapp"):
        assert await stage.register("d", application=application) == 201
    applied = await stage.change("d", status, 1)
    assert applied.data["effects"] == {"tokensRemoved": 2}
    assert (applied.data["service"], applied.data["status"], applied.statussequence) == ("push-registry", status, 1)
    for application in ("myapp", "otherapp"):
        assert await stage.token("d", application=application) is None
        assert await stage.register("d", application=application) == 401
    assert await stage.update("d", userId="a") == 401
    removed = [event for event in await stage.events("d") if event.type == catalog.PUSH_TOKEN_REMOVED]
    assert {event.data["applicationId"] for event in removed} == {"myapp", "otherapp"}
    assert {(event.data["reason"], event.data["tokenDigest"]) for event in removed} == {
        ("status", DIGEST.of("token-of-d"))
    }
    assert {event.causationid for event in removed} == {applied.causationid}


@pytest.mark.parametrize("status", ["EXPIRED", "ACTIVE"])
async def test_any_other_status_takes_nothing(stage: Stage, status: str) -> None:
    await stage.register("d")
    assert (await stage.change("d", status, 1)).data["effects"] == {"tokensRemoved": 0}
    assert await stage.token("d") == "token-of-d"
    assert await stage.update("d", userId="a") == 200


async def test_deleting_and_registering_again_does_not_lift_the_block(stage: Stage) -> None:
    await stage.register("d")
    await stage.change("d", "LOST", 1)
    assert await stage.delete("d") == 204
    assert await stage.register("d") == 401
    assert await stage.register("d", application="otherapp") == 401
    assert await stage.delete("d") == 404


async def test_a_device_never_seen_is_blocked_too(stage: Stage) -> None:
    await stage.change("d", "LOST", 1)
    assert await stage.register("d") == 401
    assert [event.type for event in await stage.events("d")] == [catalog.DEVICE_STATUS_APPLIED]


@pytest.mark.parametrize("deleted", [True, False])
async def test_the_token_of_a_blocked_device_does_not_come_back_under_another_id(stage: Stage, deleted: bool) -> None:
    await stage.register("d")
    await stage.change("d", "LOST", 1)
    if deleted:
        await stage.delete("d")
    assert await stage.register("other", token="token-of-d") == 401
    assert await stage.register("other", token="its-own") == 201
    assert await stage.update("other", token="token-of-d") == 401
    assert await stage.token("other") == "its-own"


async def test_active_lets_the_device_register_anew_and_frees_its_token(stage: Stage) -> None:
    await stage.register("d")
    await stage.register("free")
    await stage.change("d", "LOST", 1)
    await stage.change("free", "LOST", 1)
    await stage.change("d", "ACTIVE", 2)
    await stage.change("free", "ACTIVE", 2)
    assert await stage.token("d") is None
    assert await stage.register("d") == 201
    assert await stage.token("d") == "token-of-d"
    assert await stage.register("other", token="token-of-free") == 201


async def test_lost_active_lost_in_any_order_ends_lost_with_no_token(stage: Stage) -> None:
    for number, order in enumerate(itertools.permutations([("LOST", 1), ("ACTIVE", 2), ("LOST", 3)])):
        device = f"d{number}"
        await stage.register(device)
        changes = [status_changed(device, status, sequence) for status, sequence in order]
        await stage.announce(*changes)
        await stage.settled()
        assert await stage.token(device) is None
        assert await stage.register(device) == 401
        applied = [event for event in await stage.events(device) if event.type == catalog.DEVICE_STATUS_APPLIED]
        assert applied[-1].statussequence == 3
        told = [event.statussequence or 0 for event in applied]
        assert told == sorted(set(told))


async def test_a_change_delivered_again_changes_and_announces_nothing(stage: Stage) -> None:
    await stage.register("d")
    lost = status_changed("d", "LOST", 1)
    active = status_changed("d", "ACTIVE", 2)
    for _ in range(3):
        await stage.announce(lost)
    await stage.announce(active, lost, active, lost)
    await stage.applied(active)
    assert await stage.register("d") == 201
    await stage.announce(lost, lost)
    await stage.change("d", "EXPIRED", 3)
    assert await stage.token("d") == "token-of-d"
    kinds = [(event.type, event.causationid) for event in await stage.events("d") if event.causationid]
    assert len(kinds) == len(set(kinds))
    assert len([kind for kind, _ in kinds if kind == catalog.DEVICE_STATUS_APPLIED]) == 3


async def test_a_device_first_seen_by_the_administration_is_left_as_it_is(stage: Stage) -> None:
    await stage.register("d")
    await stage.announce(status_changed("d", "ACTIVE", 1, previous=None))
    await stage.change("d", "EXPIRED", 2)
    assert await stage.token("d") == "token-of-d"
    assert len([event for event in await stage.events("d") if event.type == catalog.DEVICE_STATUS_APPLIED]) == 1


async def test_a_removed_device_that_comes_back_lost_is_shut_out_by_that_status_alone(stage: Stage) -> None:
    """Who reads a compacted topic late finds nothing else of it."""
    await stage.register("d")
    back = status_changed("d", "LOST", 5, previous=None)
    await stage.announce(back)
    await stage.applied(back)
    assert await stage.token("d") is None
    assert await stage.register("d") == 401


async def test_a_removed_device_that_comes_back_active_is_let_in_by_that_status_alone(stage: Stage) -> None:
    await stage.register("d")
    await stage.change("d", "LOST", 2)
    back = status_changed("d", "ACTIVE", 5, previous=None)
    await stage.announce(back)
    await stage.applied(back)
    assert await stage.register("d") == 201


async def test_the_same_id_in_another_runtime_is_another_device(stage: Stage) -> None:
    await stage.register("d")
    await stage.register("d", application="elsewhere")
    await stage.change("d", "LOST", 1)
    assert await stage.token("d", application="elsewhere") == "token-of-d"
    assert await stage.register("d", application="elsewhere") == 201
