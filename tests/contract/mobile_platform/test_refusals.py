"""Every status that the document lists, in each of its ways, and the error object with its four examples."""

from typing import Any, NoReturn

import pytest

from mobile_platform.schemas import ErrorBody
from mobile_platform.store import Store
from tests.contract.mobile_platform.conftest import (
    BACKEND,
    PROPERTIES,
    SIBLING,
    Mobile,
    a_body,
)

ledger = pytest.mark.ledger
BOTH = pytest.mark.parametrize("operation", ["register", "deregister"])
TYPE = "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1"
NOWHERE = "fd4cc0cf-0a72-4ed6-aab6-295133b8904e"


@ledger("mobile.error.object")
@pytest.mark.parametrize(
    ("headers", "status", "code", "title"),
    [
        pytest.param(
            *({"Oracle_Mobile_Backend_ID": None}, 400, "MOBILE-58060", "Cannot call API"),
            marks=ledger("mobile.error.example-400"),
        ),
        pytest.param(
            *({"Authorization": None}, 401, "MOBILE-15209", "Unauthorized"), marks=ledger("mobile.error.example-401")
        ),
        pytest.param(
            *({"Oracle_Mobile_Backend_ID": NOWHERE}, 404, "MOBILE-58026", "Mobile Backend not found"),
            marks=ledger("mobile.error.example-404"),
        ),
        pytest.param(
            *({"Content_Type": "text/plain"}, 415, "MOBILE-92515", "Unsupported media type"),
            marks=ledger("mobile.error.example-415"),
        ),
    ],
)
async def test_the_four_examples_are_answered_as_printed(
    mobile: Mobile, headers: dict[str, str | None], status: int, code: str, title: str
) -> None:
    answer = await mobile.call("deregister", a_body("t"), **headers)
    detail = answer.body.pop("detail")
    assert detail
    assert answer.body.pop("o:ecid") == f"{answer.headers['X-Correlation-ID']}, 0"
    assert answer.body == {
        "type": TYPE,
        "title": title,
        "status": status,
        "o:errorCode": code,
        "o:errorPath": "/mobile/platform/devices/deregister",
    }
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    if status == 401:
        assert detail == "401 - Unauthorized"
    if status == 404:
        assert NOWHERE in detail
        assert "BASIC" in detail


@ledger("mobile.status.400-client-id")
@BOTH
@pytest.mark.parametrize(
    ("client", "code"),
    [
        ({"id": "no.such.app", "platform": "IOS"}, "MOBILE-90005"),
        ({"id": "com.oracle.myapplication", "platform": "WEB"}, "MOBILE-90005"),
        ({"id": "MY.APP.ID", "platform": "IOS"}, "MOBILE-90005"),
        ({"id": "", "platform": "IOS"}, "MOBILE-90002"),
        ({"id": {"$ne": ""}, "platform": "IOS"}, "MOBILE-90002"),
        ({"id": "a" * 255, "platform": "IOS"}, "MOBILE-90002"),
    ],
)
async def test_a_client_id_that_is_invalid_or_not_the_backends_is_400(
    mobile: Mobile, operation: str, client: dict[str, Any], code: str
) -> None:
    answer = await mobile.call(operation, a_body("t", mobileClient=client))
    assert answer.refusal == (400, code)


@ledger("mobile.status.400-provider", "mobile.request.provider")
@BOTH
@pytest.mark.parametrize("provider", ["MQTT", "apns", "", None, 1, ["APNS"], {"$in": ["APNS"]}])
async def test_a_provider_that_is_none_of_the_five_is_400(mobile: Mobile, operation: str, provider: Any) -> None:
    answer = await mobile.call(operation, a_body("t", notificationProvider=provider))
    assert answer.refusal == (400, "MOBILE-90003")
    assert answer.body["detail"].startswith("notificationProvider: ")


@ledger("mobile.status.400-backend-header")
@BOTH
@pytest.mark.parametrize("backend", [None, ""])
async def test_basic_without_the_backend_header_is_400(mobile: Mobile, operation: str, backend: str | None) -> None:
    answer = await mobile.call(operation, a_body("t"), Oracle_Mobile_Backend_ID=backend)
    assert answer.refusal == (400, "MOBILE-58060")


@ledger("mobile.status.400-body")
@BOTH
@pytest.mark.parametrize(
    "body", [b"", b"{", b"token=1", b"{'a': 1}", b'{"a": 1,}', b"\xff", b'{"a": 1, "a": 2}', b"[]", b"null", b'"x"']
)
async def test_a_body_that_is_no_json_object_is_400(mobile: Mobile, operation: str, body: bytes) -> None:
    answer = await mobile.call(operation, body)
    assert answer.refusal in {(400, "MOBILE-90001"), (400, "MOBILE-90002")}


async def test_the_place_of_the_mistake_is_named(mobile: Mobile) -> None:
    answer = await mobile.call("deregister", b'{\n  "notificationToken" "x"\n}')
    assert answer.refusal == (400, "MOBILE-90001")
    assert "line 2, column 23" in answer.body["detail"]


@ledger("mobile.status.400-required", "mobile.request.mobile-client", "mobile.request.object")
@BOTH
@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"mobileClient": {"id": "my.app.id", "platform": "IOS"}}, "notificationToken"),
        ({"notificationToken": "t"}, "mobileClient"),
        ({"notificationToken": "t", "mobileClient": {"platform": "IOS"}}, "mobileClient.id"),
        ({"notificationToken": "t", "mobileClient": {"id": "my.app.id"}}, "mobileClient.platform"),
    ],
)
async def test_a_required_property_that_is_missing_is_400(
    mobile: Mobile, operation: str, body: dict[str, Any], missing: str
) -> None:
    answer = await mobile.call(operation, body)
    assert answer.refusal == (400, "MOBILE-90002")
    assert answer.body["detail"].startswith(f"{missing}: ")
    assert "o:errorDetails" not in answer.body


@ledger("mobile.error.details")
@BOTH
async def test_several_issues_are_listed(mobile: Mobile, operation: str) -> None:
    body = {"mobileClient": {"id": "my.app.id", "platform": "ios"}, "notificationProvider": "MQTT"}
    answer = await mobile.call(operation, body)
    assert answer.refusal == (400, "MOBILE-90004")
    ErrorBody().load(answer.body)
    issues = answer.body["o:errorDetails"]
    assert all(set(issue) == PROPERTIES for issue in issues)
    assert {(issue["o:errorCode"], issue["detail"].partition(":")[0]) for issue in issues} == {
        ("MOBILE-90002", "mobileClient.platform"),
        ("MOBILE-90002", "notificationToken"),
        ("MOBILE-90003", "notificationProvider"),
    }
    assert {issue["o:ecid"] for issue in issues} == {answer.body["o:ecid"]}


@ledger("mobile.status.404-backend")
@BOTH
@pytest.mark.parametrize("backend", [NOWHERE, BACKEND.lower(), "$ne", "a/b", " x"])
async def test_a_backend_that_is_not_there_is_404(mobile: Mobile, operation: str, backend: str) -> None:
    answer = await mobile.call(operation, a_body("t"), Oracle_Mobile_Backend_ID=backend)
    assert answer.refusal == (404, "MOBILE-58026")


@ledger("mobile.status.404-client-unknown")
async def test_a_client_that_never_registered_is_404(mobile: Mobile, token: str) -> None:
    assert (await mobile.call("deregister", a_body(token))).refusal == (404, "MOBILE-90401")
    await mobile.register(token)
    sibling = await mobile.call("deregister", a_body(token), Oracle_Mobile_Backend_ID=SIBLING)
    assert sibling.refusal == (404, "MOBILE-90401")


@ledger("mobile.status.404-client-deregistered", "mobile.deregister.effect")
async def test_a_client_that_has_gone_is_404(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    assert (await mobile.call("deregister", a_body(token))).status == 200
    assert (await mobile.call("deregister", a_body(token))).refusal == (404, "MOBILE-90401")


@BOTH
@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param(None, marks=ledger("mobile.status.415-missing"), id="missing"),
        *(
            pytest.param(one, marks=ledger("mobile.status.415-unsupported"))
            for one in ("text/plain", "application/xml", "text/json", "application/json; charset=latin-1", "json", ";")
        ),
    ],
)
async def test_another_media_type_is_415(mobile: Mobile, operation: str, media_type: str | None) -> None:
    assert (await mobile.call(operation, a_body("t"), Content_Type=media_type)).refusal == (415, "MOBILE-92515")


@BOTH
async def test_a_fault_inside_is_500_and_says_nothing_of_itself(
    mobile: Mobile, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("mongodb://somebody:secret@inside")

    monkeypatch.setattr(Store, "change", fail)
    answer = await mobile.call(operation, a_body("t"), X_Correlation_ID="call-1")
    assert answer.status == 500
    assert answer.body == {
        "type": TYPE,
        "title": "Internal error",
        "status": 500,
        "detail": "The service failed to do this; quote o:ecid when you report it.",
        "o:errorCode": "MOBILE-95001",
        "o:errorPath": f"/mobile/platform/devices/{operation}",
        "o:ecid": "call-1, 0",
    }
    assert answer.headers["Oracle-Mobile-Runtime-Version"]
