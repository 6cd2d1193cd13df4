"""Registering: what it answers, for whom, and with which provider."""

import re
from typing import Any

import pytest

from mobile_platform.schemas import ClientBody
from tests.contract.mobile_platform.conftest import ANONYMOUS_KEY, BACKEND, STRICT, TEAM, USER, Mobile, a_body


async def test_the_answer_is_the_client_with_its_id_and_time(mobile: Mobile, token: str) -> None:
    client = {"id": "com.oracle.myapplication", "version": "1.0", "platform": "IOS"}
    body = a_body(token, mobileClient=client, notificationProvider="APNS")
    answer = await mobile.call("register", body)
    assert answer.status == 201
    assert set(answer.body) == {
        *("id", "user", "notificationToken", "notificationProvider", "mobileClient", "modifiedOn"),
    }
    assert {name: answer.body[name] for name in body} == body
    assert answer.body["user"] == USER
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.body["modifiedOn"])
    ClientBody().load(answer.body)


async def test_registering_again_is_200_and_keeps_the_id(mobile: Mobile, token: str) -> None:
    first = (await mobile.register(token)).body
    again = await mobile.call("register", a_body(token, platform="ANDROID"))
    assert again.status == 200
    assert again.body["id"] == first["id"]
    assert again.body["modifiedOn"] >= first["modifiedOn"]
    assert (again.body["mobileClient"]["platform"], again.body["notificationProvider"]) == ("ANDROID", "GCM")
    await mobile.call("deregister", a_body(token, platform="ANDROID"))
    anew = await mobile.call("register", a_body(token))
    assert anew.status == 201
    assert anew.body["id"] != first["id"]


@pytest.mark.parametrize(
    ("platform", "provider"), [("IOS", "APNS"), ("ANDROID", "GCM"), ("WINDOWS", "WNS"), ("WEB", "FCM")]
)
async def test_the_provider_follows_from_the_platform(mobile: Mobile, token: str, platform: str, provider: str) -> None:
    answer = await mobile.call("register", a_body(token, platform=platform))
    assert answer.body["notificationProvider"] == provider


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        ({}, USER),
        ({"user": TEAM}, "joe"),
        ({"user": None, "Authorization": f"Basic {ANONYMOUS_KEY}"}, None),
    ],
    ids=["mobile user", "team", "anonymous"],
)
async def test_only_the_team_says_for_whom(
    mobile: Mobile, token: str, caller: dict[str, Any], shown: str | None
) -> None:
    answer = await mobile.call("register", a_body(token, user="joe"), **caller)
    assert answer.status == 201
    assert answer.body.get("user") == shown


@pytest.mark.parametrize("granted", [{"scope": f"a mobile:{BACKEND}"}, {"roles": [f"mobile:{BACKEND}"]}])
async def test_a_bearer_registers_for_the_subject_of_the_token(
    mobile: Mobile, token: str, granted: dict[str, Any]
) -> None:
    bearer = mobile.issuer.headers(granted.pop("scope", ""), sub="carol", **granted)
    answer = await mobile.call("register", a_body(token), user=None, **bearer)
    assert (answer.status, answer.body["user"]) == (201, "carol")


@pytest.mark.parametrize(
    ("device", "status", "code"),
    [(None, 400, "MOBILE-90007"), ("", 400, "MOBILE-90007"), ("d" * 255, 400, "MOBILE-90006"), ("d" * 254, 201, None)],
)
async def test_a_backend_may_insist_on_the_device(
    mobile: Mobile, token: str, device: str | None, status: int, code: str | None
) -> None:
    headers = {"Oracle_Mobile_Backend_ID": STRICT, "Oracle_Mobile_Device_ID": device}
    answer = await mobile.call("register", a_body(token), **headers)
    assert answer.status == status
    assert answer.body.get("o:errorCode") == code


async def test_properties_that_are_not_known_are_passed_over(mobile: Mobile, token: str) -> None:
    more: dict[str, Any] = {"surprise": 1, "$set": {"a": 1}, "__proto__": {}}
    answer = await mobile.call("register", a_body(token) | more)
    assert answer.status == 201
    assert "surprise" not in answer.body


@pytest.mark.parametrize(("method", "path"), [("GET", "register"), ("PUT", "deregister"), ("DELETE", "register")])
async def test_another_method_is_405_in_the_same_shape(mobile: Mobile, method: str, path: str) -> None:
    status, body, headers = await mobile.service.request(method, f"/mobile/platform/devices/{path}")
    assert (status, body["o:errorCode"], headers["Allow"]) == (405, "MOBILE-90501", "POST")
    assert headers["Oracle-Mobile-Runtime-Version"]
