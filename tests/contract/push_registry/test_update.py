"""The document's own operation: PUT of a registration, its headers, its payload, its answer, its examples."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from push_registry.schemas import RegistrationBody
from tests.contract.push_registry.conftest import Push
from tests.support.polling import eventually

ledger = pytest.mark.ledger
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# As printed, with the comma before the brace that JSON does not have.
PRINTED = b"""{
  "deviceId" : "12345-6789",
  "phoneNumber" : "123456789",
  "token" : "xyz",
  "userId" : "admin",
}"""
CORRECTED = PRINTED.replace(b'"admin",', b'"admin"')
JSON = {"Content-Type": "application/json"}
DEVICE = "/imfpush/v1/apps/myapp/devices/12345-6789"


@ledger("push.update.payload.example-literal")
async def test_the_payload_as_printed_is_refused_with_the_place_of_the_comma(push: Push) -> None:
    answer = await push.call("PUT", DEVICE, data=PRINTED, headers=JSON)
    assert answer.refusal == (400, "FPWSE0004E")
    # Some versions of Python's parser name the comma, others the brace behind it.
    assert re.search(r"line [56], column \d+", answer.body["message"])


@ledger(
    "push.update.method",
    "push.update.path",
    "push.update.address",
    "push.update.payload.example",
    "push.update.response.example",
    "push.update.response.details",
    "push.update.path.device-id",
    "push.update.path.application-id",
)
async def test_the_payload_without_that_comma_is_answered_as_printed(push: Push) -> None:
    await push.register("12345-6789", token="abc")
    answer = await push.call("PUT", DEVICE, data=CORRECTED, headers=JSON)
    assert answer.status == 200
    created, updated = answer.body.pop("createdTime"), answer.body.pop("lastUpdatedTime")
    assert MOMENT.fullmatch(created)
    assert MOMENT.fullmatch(updated)
    assert answer.body == {
        "createdMode": "API",
        "deviceId": "12345-6789",
        "phoneNumber": "123456789",
        "platform": "A",
        "token": "xyz",
        "userId": "admin",
    }


@ledger("push.update.existing")
async def test_only_what_is_registered_is_updated(push: Push, device: str) -> None:
    assert (await push.update(device, userId="admin")).refusal == (404, "FPWSE0001E")
    assert (await push.read(device)).status == 404
    await push.register(device)
    assert (await push.update(device, userId="admin")).status == 200
    assert (await push.read(device)).body["userId"] == "admin"


@ledger("push.update.user-or-token", "push.update.payload.user-id", "push.update.payload.token")
async def test_user_and_token_change_each_by_itself(push: Push, device: str) -> None:
    before = (await push.register(device, userId="first", token=f"{device}-1")).body
    user = (await push.update(device, userId="second")).body
    assert (user["userId"], user["token"]) == ("second", before["token"])
    token = (await push.update(device, token=f"{device}-2")).body
    assert (token["userId"], token["token"]) == ("second", f"{device}-2")
    assert (await push.read(device)).body == token


@ledger("push.update.payload.details", "push.update.payload.user-id", "push.update.payload.token")
async def test_every_property_of_the_payload_is_optional(push: Push, device: str) -> None:
    before = (await push.register(device, userId="somebody", phoneNumber="1")).body
    answer = await push.update(device)
    assert answer.status == 200
    kept = ("userId", "phoneNumber", "token", "platform", "createdTime")
    assert {name: answer.body[name] for name in kept} == {name: before[name] for name in kept}


@ledger("push.update.payload.phone-number", "push.update.response.phone-number")
async def test_the_phone_number_is_kept_and_shown(push: Push, device: str) -> None:
    assert "phoneNumber" not in (await push.register(device)).body
    assert (await push.update(device, phoneNumber="123456789")).body["phoneNumber"] == "123456789"
    assert (await push.read(device)).body["phoneNumber"] == "123456789"


async def test_an_empty_text_takes_a_value_away(push: Push, device: str) -> None:
    await push.register(device, userId="somebody", phoneNumber="1")
    body = (await push.update(device, userId="", phoneNumber="")).body
    assert body["userId"] == "anonymous"
    assert "phoneNumber" not in body


@ledger("push.update.payload.device-id", "push.update.path.device-id", "push.update.response.device-id")
async def test_the_device_of_the_payload_is_that_of_the_path(push: Push, device: str) -> None:
    await push.register(device)
    assert (await push.update(device, deviceId=device)).body["deviceId"] == device
    refused = await push.update(device, deviceId="another")
    assert refused.refusal == (400, "FPWSE0005E")
    assert "deviceId" in refused.body["message"]


@ledger("push.update.path.application-id")
async def test_a_registration_belongs_to_the_application_of_the_path(push: Push, device: str) -> None:
    await push.register(device)
    other = await push.call("PUT", f"otherapp/devices/{device}", json={"userId": "admin"})
    assert other.refusal == (404, "FPWSE0001E")
    assert (await push.read(device)).body["userId"] == "anonymous"


@ledger("push.update.header.content-type", "push.update.consumes")
async def test_the_content_type_must_be_given_and_be_json(push: Push, device: str) -> None:
    await push.register(device)
    path = f"myapp/devices/{device}"
    for content_type in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        answer = await push.call("PUT", path, data=b"{}", headers={"Content-Type": content_type})
        assert answer.status == 200, content_type
    missing = await push.call("PUT", path, data=b"{}", skip_auto_headers=["Content-Type"])
    assert missing.refusal == (405, "FPWSE0405E")


@ledger("push.update.produces", "push.update.header.optional")
@pytest.mark.parametrize("accept", [None, "*/*", "application/*", "application/json", "text/html, */*;q=0.1"])
async def test_the_answer_is_json_whether_or_not_that_is_asked_for(push: Push, device: str, accept: str | None) -> None:
    await push.register(device)
    headers = {"Accept": accept} if accept else {}
    answer = await push.call("PUT", f"myapp/devices/{device}", json={}, headers=headers)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"


@ledger(
    "push.update.response.created-mode",
    "push.update.response.created-time",
    "push.update.response.last-updated-time",
)
async def test_times_are_whole_seconds_and_only_the_later_one_moves(push: Push, device: str) -> None:
    began = datetime.now(UTC) - timedelta(seconds=2)
    registered = (await push.register(device)).body
    assert registered["createdMode"] == "API"
    assert registered["createdTime"] == registered["lastUpdatedTime"]
    assert MOMENT.fullmatch(registered["createdTime"])
    assert began < datetime.fromisoformat(registered["createdTime"]) < datetime.now(UTC) + timedelta(seconds=2)

    async def later() -> Any:
        body = (await push.update(device, userId="admin")).body
        return body if body["lastUpdatedTime"] > registered["lastUpdatedTime"] else None

    updated = await eventually(later, every=0.2)
    assert updated["createdTime"] == registered["createdTime"]
    RegistrationBody().load(updated)


@ledger("push.update.response.platform")
@pytest.mark.parametrize("platform", ["A", "G", "W", "WEB_CHROME"])
async def test_the_platform_is_that_of_the_registration(push: Push, device: str, platform: str) -> None:
    await push.register(device, platform=platform)
    assert (await push.update(device, userId="admin")).body["platform"] == platform
    refused = await push.update(device, platform=platform)
    assert refused.refusal == (400, "FPWSE0006E")


@ledger("push.update.response.token")
async def test_a_token_is_one_registrations_only(push: Push, device: str) -> None:
    older, newer = f"{device}-older", f"{device}-newer"
    await push.register(older, token=device)
    await push.register(newer)
    assert (await push.update(newer, token=device)).body["token"] == device
    assert "token" not in (await push.read(older)).body


@ledger("push.update.response.user-id")
async def test_who_gives_no_user_is_anonymous(push: Push, device: str) -> None:
    await push.register(device)
    assert (await push.update(device, phoneNumber="1")).body["userId"] == "anonymous"
    assert (await push.update(device, userId="admin")).body["userId"] == "admin"
    assert (await push.update(device, phoneNumber="2")).body["userId"] == "admin"
