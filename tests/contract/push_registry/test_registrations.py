"""Registering, reading and deleting: what the document's siblings say, and what was decided where they are silent."""

import asyncio
from typing import Any

import pytest

from device_events import Event, catalog
from push_registry.schemas import RegistrationBody
from tests.contract.push_registry.conftest import Push
from tests.support.polling import eventually


async def test_a_registration_is_answered_with_all_of_it_and_who_sent_it(push: Push, device: str) -> None:
    sent = {"deviceId": device, "platform": "G", "token": device, "phoneNumber": "1", "userId": "admin"}
    headers = {"User-Agent": "an app/1.0"}
    answer = await push.call("POST", "myapp/devices", json=sent, headers=headers)
    assert answer.status == 201
    RegistrationBody().load(answer.body)
    times = {name: answer.body[name] for name in ("createdTime", "lastUpdatedTime")}
    assert answer.body == {**sent, **times, "createdMode": "API", "userAgent": "an app/1.0"}
    # The user agent is shown to the one who registers only.
    shown = (await push.read(device)).body
    assert shown == {name: value for name, value in answer.body.items() if name != "userAgent"}


async def test_a_device_that_exists_is_replaced(push: Push, device: str) -> None:
    first = (await push.register(device, phoneNumber="1", userId="first")).body
    second = (await push.register(device, platform="G", token=f"{device}-2")).body
    assert second["createdTime"] == first["createdTime"]
    assert (second["platform"], second["token"], second["userId"]) == ("G", f"{device}-2", "anonymous")
    assert "phoneNumber" not in second

    async def both() -> list[Event] | None:
        heard = await push.heard(device)
        return heard if len(heard) == 2 else None

    assert [one.type for one in await eventually(both)] == [catalog.PUSH_REGISTERED, catalog.PUSH_UPDATED]


@pytest.mark.parametrize(("given", "shown"), [({}, "anonymous"), ({"userId": ""}, "anonymous"), ({"userId": "u"}, "u")])
async def test_who_gives_no_user_is_anonymous(push: Push, device: str, given: dict[str, str], shown: str) -> None:
    assert (await push.register(device, **given)).body["userId"] == shown


async def test_a_phone_number_does_instead_of_a_token(push: Push, device: str) -> None:
    body = {"deviceId": device, "platform": "A"}
    refused = await push.call("POST", "myapp/devices", json=body)
    assert refused.refusal == (400, "FPWSE0005E")
    assert refused.body["message"].endswith(": token")
    answer = await push.call("POST", "myapp/devices", json={**body, "phoneNumber": "1"})
    assert answer.status == 201
    assert "token" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("name", ["surprise", "deviceid", "href", "createdMode", "$set", "__proto__", "a.b"])
async def test_an_unknown_property_is_named(push: Push, device: str, method: str, name: str) -> None:
    body = {"deviceId": device, "token": "t", **({"platform": "A"} if method == "POST" else {}), name: "x"}
    path = "myapp/devices" if method == "POST" else f"myapp/devices/{device}"
    refused = await push.call(method, path, json=body)
    assert refused.refusal == (400, "FPWSE0006E")
    assert refused.body["message"] == f"Bad request: unknown properties: {name}"
    assert (await push.read(device)).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "{}"), ("PUT", "{}/d"), ("GET", "{}/d"), ("DELETE", "{}/d"), ("GET", "{}")],
)
@pytest.mark.parametrize("query", ["surprise=1", "surprise", "surprise=1&surprise=2"])
async def test_an_unknown_query_parameter_is_named(push: Push, method: str, path: str, query: str) -> None:
    body = {"deviceId": "d", "platform": "A", "token": "t"} if method == "POST" else {} if method == "PUT" else None
    refused = await push.call(method, f"{path.format('myapp/devices')}?{query}", json=body)
    assert refused.refusal == (400, "FPWSE0007E")
    assert refused.body["message"].endswith(": surprise")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"platform": "A", "token": "t"}, "deviceId"),
        ({"deviceId": "d", "token": "t"}, "platform"),
        ({"deviceId": "d", "platform": "M", "token": "t"}, "platform"),
        ({"deviceId": "d", "platform": "A", "token": ""}, "token"),
        ({"deviceId": "d", "platform": "A", "token": 7}, "token"),
        ({"deviceId": "", "platform": "A", "token": "t"}, "deviceId"),
        ({"deviceId": "a\u0000", "platform": "A", "token": "t"}, "deviceId"),
        ({"deviceId": {"$ne": ""}, "platform": ["A"], "token": "t"}, "deviceId, platform"),
        ({"deviceId": "d", "platform": "A", "token": "t", "userId": None}, "userId"),
    ],
)
async def test_a_property_that_is_missing_or_wrong_is_named(push: Push, body: dict[str, Any], names: str) -> None:
    refused = await push.call("POST", "myapp/devices", json=body)
    assert refused.refusal == (400, "FPWSE0005E")
    assert refused.body["message"] == f"Bad request: missing or invalid properties: {names}"


async def test_the_newest_has_the_token_and_an_event_says_who_lost_it(push: Push, device: str) -> None:
    older, newer = f"{device}-older", f"{device}-newer"
    await push.register(older, token=device)
    await push.register(older, token=device, application="otherapp")
    await push.register(newer, token=device)
    assert "token" not in (await push.read(older)).body
    assert (await push.read(newer)).body["token"] == device
    # A token is one registration's for each application.
    assert (await push.read(older, "otherapp")).body["token"] == device

    async def lost() -> Event | None:
        return next((one for one in await push.heard(older) if one.type == catalog.PUSH_TOKEN_REMOVED), None)

    event = await eventually(lost)
    assert (event.data["applicationId"], event.data["reason"]) == ("myapp", "taken-over")
    assert device not in event.data["tokenDigest"]
    # The older device may have it back: then the other one is the one that loses it.
    assert (await push.update(older, token=device)).body["token"] == device
    assert "token" not in (await push.read(newer)).body


@pytest.mark.parametrize(("width", "refused"), [(4, 0), (16, 11)])
async def test_of_many_at_once_one_has_the_token(push: Push, device: str, width: int, refused: int) -> None:
    """Each takes it from the one before; who is overtaken again and again is told to come back."""
    devices = [f"{device}-{number}" for number in range(width)]
    bodies = [{"deviceId": one, "platform": "A", "token": device} for one in devices]
    answers = await asyncio.gather(*(push.call("POST", "myapp/devices", json=body) for body in bodies))
    turned_away = [one.refusal for one in answers if one.status != 201]
    assert set(turned_away) <= {(503, "FPWSE0025E")}
    assert len(turned_away) <= refused
    registered = [name for name, answer in zip(devices, answers, strict=True) if answer.status == 201]
    owners = [one for one in registered if "token" in (await push.read(one)).body]
    assert len(owners) == 1


async def test_a_deleted_registration_is_gone_and_that_is_announced(push: Push, device: str) -> None:
    await push.register(device)
    path = f"myapp/devices/{device}"
    gone = await push.call("DELETE", path)
    assert (gone.status, gone.body) == (204, "")
    assert (await push.read(device)).refusal == (404, "FPWSE0001E")
    assert (await push.call("DELETE", path)).refusal == (404, "FPWSE0001E")
    assert (await push.update(device, userId="admin")).refusal == (404, "FPWSE0001E")

    async def told() -> bool:
        return catalog.PUSH_DEREGISTERED in [one.type for one in await push.heard(device)]

    assert await eventually(told)


async def test_reading_is_announced_once_a_day(push: Push, device: str) -> None:
    """Registering is contact as well, so reading on the same day announces nothing more."""
    await push.register(device)
    for _ in range(3):
        assert (await push.read(device)).status == 200
    await push.update(device, userId="last")

    async def heard() -> list[Event] | None:
        events = await push.heard(device)
        return events if events and events[-1].type == catalog.PUSH_UPDATED else None

    assert [one.type for one in await eventually(heard)] == [catalog.PUSH_REGISTERED, catalog.PUSH_UPDATED]
