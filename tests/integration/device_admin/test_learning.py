"""Devices are learnt from the other services' events, expire when they fall silent, and come back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from device_admin import usecases
from device_admin.reactions import REACTIONS
from device_admin.settings import Settings
from device_events import Event, KafkaConnection, catalog
from tests.integration.device_admin.admin import Admin, an_event, publish, status_changes
from tests.integration.device_admin.conftest import admin_running
from tests.support.polling import eventually


async def react(admin: Admin, *events: Event) -> None:
    """Have it handle these events, as its consumer does."""
    for event in events:
        await REACTIONS[event.type](admin.resources, event)


async def changes_of(kafka: KafkaConnection, runtime: str, device_id: str, count: int) -> list[tuple[Any, Any]]:
    """Reason and status of each change of the device, once there are as many."""
    async with status_changes(kafka) as changes:

        async def all_there() -> Any:
            events = await changes.of(runtime, device_id)
            return events if len(events) >= count else None

        events: list[Event] = await eventually(all_there)
    return [(event.data["reason"], event.data["status"]) for event in events]


async def test_devices_are_learnt_from_every_service(admin: Admin, own_kafka: KafkaConnection, runtime: str) -> None:
    now = admin.resources.now()
    await publish(
        own_kafka,
        an_event(
            catalog.PUSH_REGISTERED,
            runtime,
            "pushed",
            sequence=1,
            time=now,
            applicationId="myapp",
            platform="G",
            userId="Ann",
        ),
        an_event(
            catalog.CONTACT_DEVICE_REGISTERED, runtime, "contacted", sequence=1, time=now, listId=3, contactId="c"
        ),
        an_event(
            catalog.MOBILE_CLIENT_REGISTERED,
            runtime,
            "mobile",
            sequence=1,
            time=now,
            backendId="b",
            clientId="c",
            platform="IOS",
            notificationProvider="APNS",
            tokenDigest="t",
        ),
    )

    async def all_known() -> Any:
        devices = await admin.devices(runtime)
        return devices if len(devices) == 3 else None

    devices = await eventually(all_known)
    assert {device["status"] for device in devices.values()} == {"ACTIVE"}
    assert devices["pushed"]["deviceOs"] == "Android"
    assert devices["pushed"]["userIds"] == [{"str": "Ann"}]
    assert devices["mobile"]["deviceOs"] == "iOS"
    assert devices["contacted"]["applicationDeviceAssociations"] == []
    for device_id in devices:
        assert await changes_of(own_kafka, runtime, device_id, 1) == [("first-seen", "ACTIVE")]


async def test_a_redelivered_event_changes_nothing_and_announces_nothing(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    now = admin.resources.now()
    registered = an_event(
        catalog.PUSH_REGISTERED, runtime, "d", sequence=1, time=now, applicationId="myapp", platform="A"
    )
    gone = an_event(catalog.PUSH_DEREGISTERED, runtime, "d", sequence=2, time=now, applicationId="myapp")
    await react(admin, registered, gone, registered, gone, registered)
    device = (await admin.devices(runtime))["d"]
    assert device["applicationDeviceAssociations"] == []
    await admin.change(runtime, "d", "LOST")
    await react(admin, registered, gone)
    assert await changes_of(own_kafka, runtime, "d", 2) == [("first-seen", "ACTIVE"), ("operator", "LOST")]


async def test_a_mobile_client_without_a_device_id_is_nobody(admin: Admin, runtime: str) -> None:
    event = an_event(
        catalog.MOBILE_CLIENT_REGISTERED, runtime, "d", sequence=1, time=admin.resources.now(), clientId="c"
    )
    data = {key: value for key, value in event.data.items() if key != "deviceId"}
    await react(
        admin,
        Event(
            **{name: getattr(event, name) for name in ("id", "type", "source", "subject", "time")},
            sequence=1,
            data=data,
        ),
    )
    assert await admin.devices(runtime) == {}


async def test_a_device_of_an_unknown_runtime_is_learnt_too(admin: Admin, own_kafka: KafkaConnection) -> None:
    now = admin.resources.now()
    await react(admin, an_event(catalog.PUSH_SEEN, "not-ours", "d", sequence=1, time=now, applicationId="myapp"))
    assert await changes_of(own_kafka, "not-ours", "d", 1) == [("first-seen", "ACTIVE")]


async def test_a_silent_device_expires_once_and_its_next_contact_wakes_it(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    now = admin.resources.now()
    long_ago = now - timedelta(days=91)
    await admin.know(runtime, "silent", "lost", time=long_ago)
    await admin.know(runtime, "chatty", time=now - timedelta(days=89))
    await admin.change(runtime, "lost", "LOST")
    await eventually(lambda: not admin.resources.consumer_lags())
    for _ in range(3):
        await usecases.expire_inactive(admin.resources)
    statuses = {id: device["status"] for id, device in (await admin.devices(runtime)).items()}
    assert statuses == {"silent": "EXPIRED", "lost": "LOST", "chatty": "ACTIVE"}

    def seen(sequence: int, **more: Any) -> Event:
        return an_event(catalog.PUSH_SEEN, runtime, "silent", sequence=sequence, applicationId="myapp", **more)

    # An old event, and an effect of a status change, are no contact.
    await react(admin, seen(5, time=long_ago), seen(6, time=admin.resources.now(), causationid="c", statussequence=2))
    assert (await admin.devices(runtime))["silent"]["status"] == "EXPIRED"
    contact = seen(7, time=admin.resources.now())
    await react(admin, contact, contact)
    assert (await admin.devices(runtime))["silent"]["status"] == "ACTIVE"
    assert await changes_of(own_kafka, runtime, "silent", 3) == [
        ("first-seen", "ACTIVE"),
        ("inactivity", "EXPIRED"),
        ("contact", "ACTIVE"),
    ]
    await usecases.expire_inactive(admin.resources)
    assert (await admin.devices(runtime))["silent"]["status"] == "ACTIVE"


async def test_nothing_expires_while_events_are_unread(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d", time=admin.resources.now() - timedelta(days=91))
    await usecases.expire_inactive(replace(admin.resources, consumer_lags=lambda: True))
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"


async def test_many_silent_devices_expire_by_themselves(admin: Admin, settings: Settings, runtime: str) -> None:
    count = 450
    long_ago = admin.resources.now() - timedelta(days=91)
    await admin.know(runtime, *(f"d{number}" for number in range(count)), time=long_ago)
    async with admin_running(settings, expiry_every=0.2):

        async def all_expired() -> bool:
            page = await admin.get(f"{runtime}/devices", pageSize=count)
            return {device["status"] for device in page["items"]} == {"EXPIRED"}

        await eventually(all_expired, within=30)
