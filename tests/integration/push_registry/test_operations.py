"""Every operation of push-registry against real backends: what is answered, stored and announced."""

from typing import Any

import pytest

from device_events import KafkaConnection, catalog
from tests.integration.push_registry.conftest import DIGEST, READ, WRITE
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.services import Running
from tests.support.tokens import TokenIssuer

DEVICES = "/imfpush/v1/apps/myapp/devices"
DEVICE = f"{DEVICES}/12345-6789"
BODY = {"deviceId": "12345-6789", "phoneNumber": "123456789", "platform": "A", "token": "xyz"}


async def register(push: Running, issuer: TokenIssuer, **changes: Any) -> tuple[int, Any, Any]:
    return await push.request("POST", DEVICES, json=BODY | changes, headers=issuer.headers(WRITE))


async def test_a_device_registers_and_that_is_announced_with_a_digest(
    push: Running, issuer: TokenIssuer, kafka: KafkaConnection
) -> None:
    status, body, headers = await register(push, issuer)
    assert status == 201
    assert body | {"createdTime": "", "lastUpdatedTime": "", "userAgent": ""} == {
        **BODY,
        "createdMode": "API",
        "userId": "anonymous",
        "createdTime": "",
        "lastUpdatedTime": "",
        "userAgent": "",
    }
    assert body["createdTime"].endswith("Z")
    assert "." not in body["createdTime"]

    async def registered() -> Any:
        return await announced(kafka, catalog.PUSH_TOPIC)

    (event,) = await eventually(registered)
    assert event.type == catalog.PUSH_REGISTERED
    assert event.deviceid == "myruntime/12345-6789"
    assert event.correlationid == headers["X-Correlation-ID"]
    assert event.data["tokenDigest"] == DIGEST.of("xyz")
    assert "xyz" not in str(event)


async def test_put_changes_the_user_and_keeps_the_token(push: Running, issuer: TokenIssuer) -> None:
    await register(push, issuer)
    status, body, _ = await push.request(
        "PUT", DEVICE, json={"deviceId": "12345-6789", "userId": "admin"}, headers=issuer.headers(WRITE)
    )
    assert status == 200
    assert (body["userId"], body["token"]) == ("admin", "xyz")


async def test_a_device_is_read_listed_and_deleted(push: Running, issuer: TokenIssuer) -> None:
    await register(push, issuer)
    status, body, _ = await push.request("GET", DEVICE, headers=issuer.headers(READ))
    assert (status, body["token"]) == (200, "xyz")
    status, body, _ = await push.request("GET", f"{DEVICES}?filter=platform==A&size=1", headers=issuer.headers(READ))
    assert status == 200
    assert body["pageInfo"] == {"count": "1", "next": "", "previous": "", "totalCount": "1"}
    assert body["devices"] == [{**BODY, "userId": "anonymous"}]
    status, body, _ = await push.request("DELETE", DEVICE, headers=issuer.headers(WRITE))
    assert (status, body) == (204, "")
    status, body, _ = await push.request("GET", DEVICE, headers=issuer.headers(READ))
    assert (status, body["code"]) == (404, "FPWSE0001E")


async def test_the_list_pages_with_links(push: Running, issuer: TokenIssuer) -> None:
    for number in range(3):
        await register(push, issuer, deviceId=f"d{number}", token=f"t{number}")
    status, page, _ = await push.request("GET", f"{DEVICES}?size=2", headers=issuer.headers(READ))
    assert status == 200
    assert [one["deviceId"] for one in page["devices"]] == ["d0", "d1"]
    status, rest, _ = await push.request("GET", page["pageInfo"]["next"], headers=issuer.headers(READ))
    assert [one["deviceId"] for one in rest["devices"]] == ["d2"]
    assert rest["pageInfo"]["totalCount"] == "3"


async def test_the_newest_device_takes_a_token_over(push: Running, issuer: TokenIssuer, kafka: KafkaConnection) -> None:
    await register(push, issuer)
    status, _, _ = await register(push, issuer, deviceId="newer")
    assert status == 201
    _, older, _ = await push.request("GET", DEVICE, headers=issuer.headers(READ))
    assert "token" not in older

    async def taken_over() -> Any:
        return [e for e in await announced(kafka, catalog.PUSH_TOPIC) if e.type == catalog.PUSH_TOKEN_REMOVED]

    (event,) = await eventually(taken_over)
    assert (event.data["deviceId"], event.data["reason"]) == ("12345-6789", "taken-over")


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "expected"),
    [
        ("PUT", DEVICE, {"json": {"userId": "ü" * 255}}, (400, "FPWSE0005E")),
        ("PUT", DEVICE, {"json": {"deviceId": "another"}}, (400, "FPWSE0005E")),
        ("PUT", DEVICE, {"json": {"surprise": 1}}, (400, "FPWSE0006E")),
        ("PUT", DEVICE, {"json": {"userId": {"$ne": None}}}, (400, "FPWSE0005E")),
        ("PUT", f"{DEVICE}?x=1", {"json": {}}, (400, "FPWSE0007E")),
        ("PUT", DEVICE, {"json": []}, (400, "FPWSE0013E")),
        ("PUT", f"{DEVICES}/unknown", {"json": {"userId": "a"}}, (404, "FPWSE0001E")),
        ("PUT", f"{DEVICES}/a%00b", {"json": {"userId": "a"}}, (404, "FPWSE0001E")),
        ("PUT", DEVICE, {"data": "{}", "headers": {"Content-Type": "text/plain"}}, (405, "FPWSE0405E")),
        ("PUT", DEVICE, {"json": {}, "headers": {"Accept": "text/html"}}, (406, "FPWSE0406E")),
        ("PUT", DEVICE, {"data": '{"userId": "a",}'}, (400, "FPWSE0004E")),
        ("PUT", DEVICE, {"data": b"x" * 70_000}, (413, "FPWSE0413E")),
        ("PATCH", DEVICE, {"json": {}}, (405, "FPWSE0405E")),
        ("PUT", "/nowhere", {"json": {}}, (404, "FPWSE0001E")),
        ("PUT", "/imfpush/v1/apps/unknown/devices/1", {"json": {}}, (401, "FPWSE0401E")),
        ("GET", f"{DEVICES}?size=0", {}, (400, "FPWSE1080E")),
        ("GET", f"{DEVICES}?offset=-1", {}, (400, "FPWSE1079E")),
        ("GET", f"{DEVICES}?filter=userId==a", {}, (400, "FPWSE0007E")),
        ("POST", DEVICES, {"json": {"platform": "A", "token": "t"}}, (400, "FPWSE0005E")),
        ("POST", DEVICES, {"json": {"deviceId": "d", "platform": "A"}}, (400, "FPWSE0005E")),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(
    push: Running,
    issuer: TokenIssuer,
    kafka: KafkaConnection,
    method: str,
    path: str,
    kwargs: dict[str, Any],
    expected: tuple[int, str],
) -> None:
    scope = "devices.write devices.read push.application.myapp"
    headers = issuer.headers(scope) | {"Content-Type": "application/json"} | kwargs.pop("headers", {})
    status, body, answer_headers = await push.request(method, path, headers=headers, **kwargs)
    assert (status, body["code"]) == expected
    assert body["correlationId"] == answer_headers["X-Correlation-ID"]
    assert await announced(kafka, catalog.PUSH_TOPIC) == []


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "devices.write",
        "push.application.myapp",
        "devices.read push.application.myapp",
        "devices.write push.application.my",
        "devices.write push.application.*",
    ],
)
async def test_both_scopes_are_needed(push: Running, issuer: TokenIssuer, scope: str) -> None:
    status, body, headers = await push.request("POST", DEVICES, json=BODY, headers=issuer.headers(scope))
    assert (status, body["code"]) == (401, "FPWSE0401E")
    assert headers["WWW-Authenticate"].startswith("Bearer")


async def test_authentication_comes_before_the_body(push: Running) -> None:
    status, _, headers = await push.request("PUT", DEVICE, data=b"{", headers={"Content-Type": "text/plain"})
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
