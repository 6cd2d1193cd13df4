"""Every operation and every refusal, in the order the checks are made."""

import uuid
from typing import Any

import pytest

from tests.integration.mobile_platform.conftest import (
    ANONYMOUS_KEY,
    BACKEND,
    SIBLING,
    STRANGER,
    STRICT,
    TEAM,
    Stage,
    a_body,
    digest,
)

OPERATIONS = pytest.mark.parametrize("operation", ["register", "deregister"])


@pytest.fixture
def token() -> str:
    return uuid.uuid4().hex


async def refusal(answer: Any) -> tuple[int, str]:
    body = await answer.json()
    assert set(body) >= {"type", "title", "status", "detail", "o:errorCode", "o:errorPath", "o:ecid"}
    assert body["status"] == answer.status
    assert body["o:ecid"] == f"{answer.headers['X-Correlation-ID']}, 0"
    assert answer.headers["Oracle-Mobile-Runtime-Version"]
    return answer.status, body["o:errorCode"]


async def test_a_client_registers_and_deregisters(stage: Stage, token: str) -> None:
    body = a_body(
        token, notificationProvider="APNS", mobileClient={"id": "my.app.id", "version": "1.0", "platform": "IOS"}
    )
    first = await stage.call("register", body)
    assert first.status == 201
    shown = await first.json()
    assert shown.pop("id")
    assert shown.pop("modifiedOn").endswith("Z")
    assert shown == {**body, "user": "mobile.user@example.com"}
    assert (await stage.call("register", body)).status == 200
    gone = await stage.call("deregister", a_body(token))
    assert (gone.status, await gone.read()) == (200, b"")
    assert gone.headers["Oracle-Mobile-Runtime-Version"] == "15.4.1-201506162222"
    assert await refusal(await stage.call("deregister", a_body(token))) == (404, "MOBILE-90401")
    again = await stage.call("register", body)
    assert again.status == 201


async def test_nothing_personal_stays_in_a_tombstone(stage: Stage, token: str) -> None:
    await stage.register(token, device="d-of-tombstone")
    await stage.call("deregister", a_body(token))
    document = await stage.document(f"client:{BACKEND}:{digest(token)}")
    assert document["state"] == {
        "runtime": "myruntime",
        "backend": BACKEND,
        "digest": digest(token),
        "device": "myruntime/d-of-tombstone",
    }


@OPERATIONS
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!not-base64!!!",
        "Basic bm9jb2xvbg==",
        "Basic \u00e9",
        "Basic bm9ib2R5OnBhc3N3b3Jk",
        "Basic bW9iaWxlLnVzZXJAZXhhbXBsZS5jb206d3Jvbmc=",
        f"Basic {ANONYMOUS_KEY.lower()}",
        f"Bearer {ANONYMOUS_KEY}",
        "Digest username=x",
    ],
)
async def test_who_is_not_known_is_401_whatever_else_is_wrong(
    stage: Stage, operation: str, authorization: str | None
) -> None:
    answer = await stage.call(
        operation, b"{", user=None, Authorization=authorization, Content_Type="text/xml", Oracle_Mobile_Backend_ID=None
    )
    assert await refusal(answer) == (401, "MOBILE-15209")
    assert "WWW-Authenticate" in answer.headers


@OPERATIONS
@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "application/json; charset=latin-1"])
async def test_a_media_type_other_than_json_comes_next(stage: Stage, operation: str, media_type: str | None) -> None:
    answer = await stage.call(operation, b"{", Content_Type=media_type, Oracle_Mobile_Backend_ID=None)
    assert await refusal(answer) == (415, "MOBILE-92515")


@OPERATIONS
@pytest.mark.parametrize("backend", [None, ""])
async def test_then_a_missing_backend_header(stage: Stage, operation: str, backend: str | None) -> None:
    answer = await stage.call(operation, b"{", Oracle_Mobile_Backend_ID=backend)
    assert await refusal(answer) == (400, "MOBILE-58060")


@OPERATIONS
async def test_then_an_unknown_backend(stage: Stage, operation: str) -> None:
    answer = await stage.call(operation, b"{", user=STRANGER, Oracle_Mobile_Backend_ID="nowhere")
    assert await refusal(answer) == (404, "MOBILE-58026")


@OPERATIONS
async def test_then_a_caller_without_the_backends_role(stage: Stage, operation: str) -> None:
    assert await refusal(await stage.call(operation, b"{", user=STRANGER)) == (401, "MOBILE-15209")
    anonymous = f"Basic {ANONYMOUS_KEY}"
    answer = await stage.call(operation, b"{", user=None, Authorization=anonymous, Oracle_Mobile_Backend_ID=SIBLING)
    assert await refusal(answer) == (401, "MOBILE-15209")


@OPERATIONS
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MOBILE-90001"),
        (b"{", "MOBILE-90001"),
        (b'{"a": 1, "a": 2}', "MOBILE-90001"),
        (b'{"a": NaN}', "MOBILE-90001"),
        (b"\xff", "MOBILE-90001"),
        (b'{"notificationToken": "\\ud800"}', "MOBILE-90001"),
        (b"[" * 100_000, "MOBILE-91301"),
        (b"[" * 1_000, "MOBILE-90001"),
        (b"[]", "MOBILE-90002"),
        (b"null", "MOBILE-90002"),
        (b"{}", "MOBILE-90004"),
        ({**a_body("t"), "notificationProvider": "MQTT"}, "MOBILE-90003"),
        ({**a_body("t"), "notificationToken": {"$gt": ""}}, "MOBILE-90002"),
        ({**a_body("t"), "mobileClient": {"id": "my.app.id", "platform": "ios"}}, "MOBILE-90002"),
        ({**a_body("t"), "mobileClient": {"id": "no.such.app", "platform": "IOS"}}, "MOBILE-90005"),
        ({**a_body("t"), "mobileClient": {"id": "my.app.id", "platform": "WEB"}}, "MOBILE-90005"),
    ],
)
async def test_then_a_wrong_body(stage: Stage, operation: str, body: Any, code: str) -> None:
    answer = await stage.call(operation, body)
    assert await refusal(answer) == (413 if code == "MOBILE-91301" else 400, code)
    if code == "MOBILE-90004":
        assert len((await answer.json())["o:errorDetails"]) == 2


async def test_and_last_a_client_that_is_not_registered(stage: Stage, token: str) -> None:
    assert await refusal(await stage.call("deregister", a_body(token))) == (404, "MOBILE-90401")
    await stage.call("register", a_body(token))
    sibling = await stage.call("deregister", a_body(token), Oracle_Mobile_Backend_ID=SIBLING)
    assert await refusal(sibling) == (404, "MOBILE-90401")
    android = a_body(token, mobileClient={"id": "my.app.id", "platform": "ANDROID"})
    assert await refusal(await stage.call("deregister", android)) == (404, "MOBILE-90401")


async def test_a_backend_may_insist_on_a_device_id(stage: Stage, token: str) -> None:
    assert await refusal(await stage.register(token, backend=STRICT)) == (400, "MOBILE-90007")
    assert await refusal(await stage.register(token, device="\u009f", backend=STRICT)) == (400, "MOBILE-90006")
    assert (await stage.register(token, device=f"d-{token}", backend=STRICT)).status == 201


async def test_an_anonymous_caller_registers_without_a_user(stage: Stage, token: str) -> None:
    answer = await stage.call("register", a_body(token, user="joe"), user=None, Authorization=f"Basic {ANONYMOUS_KEY}")
    assert answer.status == 201
    assert "user" not in await answer.json()


async def test_the_team_names_the_user(stage: Stage, token: str) -> None:
    answer = await stage.call("register", a_body(token, user="joe"), user=TEAM)
    assert (await answer.json())["user"] == "joe"


async def test_other_paths_and_methods_answer_in_the_same_shape(stage: Stage) -> None:
    async with stage.service.http.get("/mobile/platform/devices/register") as answer:
        assert await refusal(answer) == (405, "MOBILE-90501")
        assert answer.headers["Allow"] == "POST"
    async with stage.service.http.post("/mobile/platform/devices") as answer:
        assert await refusal(answer) == (404, "MOBILE-90402")


async def test_the_header_names_of_older_clients_are_understood(stage: Stage, token: str) -> None:
    older = {"Oracle_Mobile_Backend_ID": None, "Oracle_Mobile_Backend_Id": BACKEND}
    assert (await stage.call("register", a_body(token), **older)).status == 201


async def test_a_bearer_of_the_backends_role_registers(stage: Stage, token: str) -> None:
    for scope, status in ((f"other mobile:{BACKEND}", 201), ("other", 401)):
        bearer = stage.issuer.headers(scope, sub="carol")
        answer = await stage.call("register", a_body(token), user=None, **bearer)
        assert answer.status == status
        if status == 201:
            assert (await answer.json())["user"] == "carol"
