"""The document's own operation: who may call it, what it takes, and its two examples."""

import asyncio
import re
import shutil
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.mobile_platform.conftest import (
    ANONYMOUS_KEY,
    BACKEND,
    PLATFORMS,
    SIBLING,
    STRANGER,
    USER,
    Mobile,
    a_body,
)

ledger = pytest.mark.ledger
# The two request bodies as printed.
WITH_PROVIDER = b"""{
    "mobileClient":{
        "id":"com.oracle.myapplication",
        "platform":"IOS"
    },
    "notificationProvider":"APNS",
    "notificationToken":"03767dea-29ac-4440-b4f6-75a755845ade"
}"""
WITHOUT_PROVIDER = b"""{
  "notificationToken": "b14d6dfbd9d56e09f098",
  "mobileClient": {
    "id": "my.app.id",
    "platform": "IOS"
  }
}"""
PRINTED_TYPE = "application/json; charset=utf-8"


@ledger(
    "mobile.deregister.method",
    "mobile.deregister.path",
    "mobile.deregister.effect",
    "mobile.deregister.status-200",
    "mobile.request.object",
    "mobile.request.mobile-client",
)
@pytest.mark.parametrize(
    ("printed", "token"),
    [
        pytest.param(
            WITH_PROVIDER, "03767dea-29ac-4440-b4f6-75a755845ade", marks=ledger("mobile.request.example"), id="with"
        ),
        pytest.param(
            WITHOUT_PROVIDER, "b14d6dfbd9d56e09f098", marks=ledger("mobile.example.request-body"), id="without"
        ),
    ],
)
async def test_both_examples_deregister_as_printed(mobile: Mobile, printed: bytes, token: str) -> None:
    assert (await mobile.call("register", printed)).status == 201
    assert await mobile.is_registered(token)
    answer = await mobile.call("deregister", printed, Content_Type=PRINTED_TYPE)
    assert (answer.status, answer.body) == (200, "")
    assert not await mobile.is_registered(token)


@ledger("mobile.example.response-header")
async def test_the_headers_of_the_answer_are_those_printed(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    answer = await mobile.call("deregister", a_body(token))
    assert answer.status == 200
    assert answer.headers["Oracle-Mobile-Runtime-Version"] == "15.4.1-201506162222"
    assert parsedate_to_datetime(answer.headers["Date"]).tzname() == "UTC"
    assert answer.headers["Date"].endswith(" GMT")


@ledger("mobile.example.curl", "mobile.deregister.status-200")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_printed_call_works_with_curl(mobile: Mobile, tmp_path: Path) -> None:
    await mobile.call("register", WITHOUT_PROVIDER)
    (tmp_path / "deregister.json").write_bytes(WITHOUT_PROVIDER)
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-s", "-i", "-X", "POST", "-u", f"{USER}:password", "-d", "@deregister.json"),
        *("-H", f"Content-Type: {PRINTED_TYPE}", "-H", f"Oracle-Mobile-Backend-ID: {BACKEND}"),
        f"{mobile.service.url}/mobile/platform/devices/deregister",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await curl.communicate()
    assert printed.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nOracle-Mobile-Runtime-Version: 15.4.1-201506162222\r\n" in printed
    assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", printed)
    assert printed.endswith(b"\r\n\r\n")


@ledger("mobile.example.curl")
async def test_basic_credentials_backend_header_and_charset_are_as_in_the_printed_call(
    mobile: Mobile, token: str
) -> None:
    await mobile.register(token)
    for charset in ("utf-8", "UTF-8", '"utf-8"'):
        await mobile.register(token)
        content_type = f"application/json; charset={charset}"
        assert (await mobile.call("deregister", a_body(token), Content_Type=content_type)).status == 200
    await mobile.register(token)
    older = {"Oracle_Mobile_Backend_ID": None, "Oracle_Mobile_Backend_Id": BACKEND}
    assert (await mobile.call("deregister", a_body(token), **older)).status == 200


@ledger("mobile.permission.mobile-user", "mobile.permission.role")
async def test_a_mobile_user_needs_the_role_of_the_backend(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    refused = await mobile.call("deregister", a_body(token), user=STRANGER)
    assert refused.refusal == (401, "MOBILE-15209")
    assert await mobile.is_registered(token)
    assert (await mobile.call("deregister", a_body(token))).status == 200


@ledger("mobile.permission.virtual-user", "mobile.permission.role")
async def test_a_virtual_user_needs_the_role_of_the_backend(mobile: Mobile, token: str) -> None:
    """One whom another identity service knows: the bearer token has the role among its roles."""
    await mobile.register(token)
    bearer = mobile.issuer.headers("", sub="virtual", roles=["mobile:elsewhere"])
    refused = await mobile.call("deregister", a_body(token), user=None, **bearer)
    assert refused.refusal == (401, "MOBILE-15209")
    bearer = mobile.issuer.headers("", sub="virtual", roles=[f"mobile:{BACKEND}"])
    assert (await mobile.call("deregister", a_body(token), user=None, **bearer)).status == 200


@ledger("mobile.permission.social-user")
async def test_a_social_user_comes_with_a_token_of_the_backends_scope(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    bearer = mobile.issuer.headers(f"openid mobile:{BACKEND}", sub="social")
    assert (await mobile.call("deregister", a_body(token), user=None, **bearer)).status == 200


@ledger("mobile.permission.anonymous-user")
async def test_an_anonymous_user_comes_with_the_key_of_the_backend(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    anonymous = {"user": None, "Authorization": f"Basic {ANONYMOUS_KEY}"}
    elsewhere = await mobile.call("deregister", a_body(token), Oracle_Mobile_Backend_ID=SIBLING, **anonymous)
    assert elsewhere.refusal == (401, "MOBILE-15209")
    assert (await mobile.call("deregister", a_body(token), **anonymous)).status == 200


@ledger("mobile.request.provider")
@pytest.mark.parametrize("provider", ["APNS", "GCM", "FCM", "WNS", "SYNIVERSE"])
async def test_each_provider_is_taken(mobile: Mobile, token: str, provider: str) -> None:
    body = a_body(token, notificationProvider=provider)
    assert (await mobile.call("register", body)).body["notificationProvider"] == provider
    assert (await mobile.call("deregister", body)).status == 200


@ledger("mobile.request.platform")
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_each_platform_is_taken(mobile: Mobile, token: str, platform: str) -> None:
    body = a_body(token, platform=platform)
    assert (await mobile.call("register", body)).body["mobileClient"]["platform"] == platform
    assert (await mobile.call("deregister", body)).status == 200


@ledger("mobile.request.platform")
@pytest.mark.parametrize("platform", ["ios", "SYMBIAN", "", None, 1])
async def test_another_platform_is_refused(mobile: Mobile, platform: Any) -> None:
    answer = await mobile.call("deregister", a_body("t", mobileClient={"id": "my.app.id", "platform": platform}))
    assert answer.refusal == (400, "MOBILE-90002")
    assert answer.body["detail"].startswith("mobileClient.platform: ")


@ledger("mobile.request.token")
async def test_a_token_names_one_instance_and_no_other(mobile: Mobile, token: str) -> None:
    await mobile.register(token)
    await mobile.register(f"{token}-2")
    assert (await mobile.call("deregister", a_body(token))).status == 200
    assert await mobile.is_registered(f"{token}-2")


@ledger("mobile.request.token-text")
@pytest.mark.parametrize("text", ["03767DEA29AC4440", "03767dea29ac4440", "a:b/c+d==", "<token with spaces>", "ключ"])
async def test_a_token_is_taken_as_it_stands(mobile: Mobile, token: str, text: str) -> None:
    """Hexadecimal or not; two that differ in case only are two tokens."""
    given = f"{text}{token}"
    assert (await mobile.register(given)).body["notificationToken"] == given
    assert (await mobile.call("deregister", a_body(given.swapcase()))).refusal == (404, "MOBILE-90401")
    assert (await mobile.call("deregister", a_body(given))).status == 200


@ledger("mobile.request.client-id")
async def test_the_client_is_an_application_of_the_backend(mobile: Mobile, token: str) -> None:
    client = {"id": "com.oracle.myapplication", "platform": "ANDROID"}
    assert (await mobile.register(token, mobileClient=client)).body["mobileClient"] == client
    assert (await mobile.call("deregister", a_body(token, mobileClient=client))).status == 200


@ledger("mobile.deregister.values-match")
@pytest.mark.parametrize(
    "client", [{"id": "my.app.id", "platform": "ANDROID"}, {"id": "com.oracle.myapplication", "platform": "IOS"}]
)
async def test_the_values_must_be_those_of_the_registration(mobile: Mobile, token: str, client: dict[str, str]) -> None:
    await mobile.register(token)
    refused = await mobile.call("deregister", a_body(token, mobileClient=client))
    assert refused.refusal == (404, "MOBILE-90401")
    assert await mobile.is_registered(token)


async def test_the_provider_is_not_compared(mobile: Mobile, token: str) -> None:
    """An app that has moved from one provider to another can still go."""
    await mobile.register(token, notificationProvider="GCM")
    assert (await mobile.call("deregister", a_body(token, notificationProvider="FCM"))).status == 200
