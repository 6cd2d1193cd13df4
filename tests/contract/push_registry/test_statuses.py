"""Every status that the document lists, produced as it describes, and what the document leaves open about them."""

from typing import Any, NoReturn

import pytest

from push_registry.store import Store
from tests.contract.push_registry.conftest import WRITE, Push

ledger = pytest.mark.ledger
OPERATIONS = [
    ("POST", "myapp/devices", {"deviceId": "any", "platform": "A", "token": "t"}),
    ("PUT", "myapp/devices/any", {"userId": "admin"}),
    ("GET", "myapp/devices/any", None),
    ("GET", "myapp/devices", None),
    ("DELETE", "myapp/devices/any", None),
]
each_operation = pytest.mark.parametrize(("method", "path", "body"), OPERATIONS, ids=lambda value: str(value)[:20])


@ledger("push.update.status.400-user-id")
@pytest.mark.parametrize("character", ["a", "ü", "語", "😀"])  # 1 to 4 bytes each
async def test_254_characters_are_the_most_that_a_user_id_has(push: Push, device: str, character: str) -> None:
    await push.register(device)
    assert (await push.update(device, userId=character * 254)).body["userId"] == character * 254
    refused = await push.update(device, userId=character * 255)
    assert refused.refusal == (400, "FPWSE0005E")
    assert refused.body["message"] == "Bad request: userId has more than 254 characters"
    assert (await push.read(device)).body["userId"] == character * 254


async def test_a_registration_is_bound_by_the_same_length(push: Push, device: str) -> None:
    body = {"deviceId": device, "platform": "A", "token": device, "userId": "ü" * 255}
    assert (await push.call("POST", "myapp/devices", json=body)).refusal == (400, "FPWSE0005E")


@ledger("push.update.status.401-not-authenticated", "push.update.header.authorization")
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Bearer a.b.c", "Basic dGVzdDp0ZXN0", "bearer"],
)
@each_operation
async def test_who_brings_no_valid_token_is_401(
    push: Push, authorization: str | None, method: str, path: str, body: Any
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await push.call(method, path, scope=None, json=body, headers=headers)
    assert answer.refusal == (401, "FPWSE0401E")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@ledger("push.update.status.401-not-authenticated")
@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "another"}, {"iss": "another"}], ids=["expired", "audience", "issuer"]
)
async def test_a_token_that_does_not_hold_is_401(push: Push, claims: dict[str, Any]) -> None:
    headers = push.issuer.headers(WRITE, **claims)
    answer = await push.call("PUT", "myapp/devices/any", scope=None, json={}, headers=headers)
    assert answer.refusal == (401, "FPWSE0401E")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@ledger("push.update.status.401-not-authorized", "push.update.header.authorization-scopes")
@pytest.mark.parametrize(
    "scope",
    [
        "",
        "devices.write",
        "push.application.myapp",
        "devices.write push.application.otherapp",
        "devices.read push.application.myapp",
        "devices.write push.application.*",
        "DEVICES.WRITE push.application.myapp",
    ],
)
async def test_a_token_without_one_of_the_two_scopes_is_401(push: Push, device: str, scope: str) -> None:
    await push.register(device)
    answer = await push.call("PUT", f"myapp/devices/{device}", scope=scope, json={"userId": "admin"})
    assert answer.refusal == (401, "FPWSE0401E")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="devices.write"'
    assert (await push.read(device)).body["userId"] == "anonymous"


@ledger("push.update.header.authorization-scopes")
async def test_a_token_with_both_scopes_is_enough(push: Push, device: str) -> None:
    await push.register(device)
    scope = "push.application.myapp other devices.write"
    assert (await push.call("PUT", f"myapp/devices/{device}", scope=scope, json={})).status == 200


@ledger("push.update.status.404-device")
@pytest.mark.parametrize("name", ["nobody", "%20", "a%00b", "d" * 255, "%F0%9F%98%80", "..%2Fx", "%FF", "%ED%A0%80"])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
async def test_a_device_that_is_not_registered_is_404(push: Push, method: str, name: str) -> None:
    body: dict[str, str] | None = {} if method == "PUT" else None
    address = f"{push.service.url}/imfpush/v1/apps/myapp/devices/{name}"
    answer = await push.call(method, address, json=body)
    assert answer.refusal == (404, "FPWSE0001E")
    assert "deviceId" in answer.body["message"]


@each_operation
async def test_an_application_outside_the_catalogue_is_404(push: Push, method: str, path: str, body: Any) -> None:
    scope = "devices.write devices.read push.application.unknown"
    answer = await push.call(method, path.replace("myapp", "unknown"), scope=scope, json=body)
    assert answer.refusal == (404, "FPWSE0001E")
    assert "applicationId" in answer.body["message"]


@ledger("push.update.status.405-content-type", "push.update.consumes", "push.update.header.content-type")
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "text/json", "application/json; charset=latin-1", "application/jsonp", "json"],
)
@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS[:2], ids=["POST", "PUT"])
async def test_another_content_type_is_405(push: Push, method: str, path: str, body: Any, content_type: str) -> None:
    answer = await push.call(method, path, data=b"{}", headers={"Content-Type": content_type, "Accept": "text/html"})
    assert answer.refusal == (405, "FPWSE0405E")


@ledger("push.update.status.406-accept", "push.update.produces")
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json;q=0", "json", "*/*;q=0", ";"])
@each_operation
async def test_an_accept_header_that_shuts_json_out_is_406(
    push: Push, accept: str, method: str, path: str, body: Any
) -> None:
    answer = await push.call(method, path, json=body, headers={"Accept": accept})
    assert answer.refusal == (406, "FPWSE0406E")


@ledger("push.update.status.500-fault")
@each_operation
async def test_a_fault_inside_is_500_and_says_nothing_of_itself(
    push: Push, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("mongodb://somebody:secret@inside")

    for name in ("change", "read", "page"):
        monkeypatch.setattr(Store, name, fail)
    answer = await push.call(method, path, json=body, headers={"X-Correlation-ID": "call-1"})
    assert answer.status == 500
    assert answer.body == {
        "code": "FPWSE0010E",
        "message": "The service failed. Quote the correlation id when you report it",
        "correlationId": "call-1",
    }
    assert answer.headers["X-Correlation-ID"] == "call-1"


async def test_the_checks_have_an_order(push: Push) -> None:
    """Who calls, Content-Type, Accept, query, body, and at last what it is about."""
    wrong: dict[str, Any] = {"data": b"{", "headers": {"Content-Type": "text/plain", "Accept": "text/html"}}
    path = "unknown/devices/nobody?x=1"
    scope = "devices.write push.application.unknown"
    assert (await push.call("PUT", path, scope="devices.write", **wrong)).status == 401
    assert (await push.call("PUT", path, scope=scope, **wrong)).status == 405
    wrong["headers"] = {"Content-Type": "application/json", "Accept": "text/html"}
    assert (await push.call("PUT", path, scope=scope, **wrong)).status == 406
    wrong["headers"] = {"Content-Type": "application/json"}
    assert (await push.call("PUT", path, scope=scope, **wrong)).refusal == (400, "FPWSE0007E")
    path = "unknown/devices/nobody"
    assert (await push.call("PUT", path, scope=scope, **wrong)).refusal == (400, "FPWSE0004E")
    assert (await push.call("PUT", path, scope=scope, json={})).status == 404
