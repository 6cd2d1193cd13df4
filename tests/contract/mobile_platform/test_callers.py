"""The four ways in which the document has a caller refused, and what is looked at before what."""

import base64
from typing import Any

import pytest

from tests.contract.mobile_platform.conftest import AWKWARD, BACKEND, STRANGER, USER, Mobile, a_body, authorization

ledger = pytest.mark.ledger
BOTH = pytest.mark.parametrize("operation", ["register", "deregister"])
NOWHERE = "fd4cc0cf-0a72-4ed6-aab6-295133b8904e"


@BOTH
@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param(authorization("nobody", "password"), marks=ledger("mobile.status.401-user"), id="user"),
        pytest.param(authorization(USER, "wrong"), marks=ledger("mobile.status.401-password"), id="password"),
        pytest.param(authorization(USER, ""), marks=ledger("mobile.status.401-password"), id="no password"),
        pytest.param(None, marks=ledger("mobile.status.401-header"), id="no header"),
        pytest.param("", marks=ledger("mobile.status.401-header"), id="empty header"),
    ],
)
async def test_who_is_not_known_is_401(mobile: Mobile, operation: str, credentials: str | None) -> None:
    answer = await mobile.call(operation, a_body("t"), Authorization=credentials)
    assert answer.refusal == (401, "MOBILE-15209")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="mobile-platform", charset="UTF-8"'


@ledger("mobile.status.401-base64")
@BOTH
@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda raw: raw.decode(), id="not encoded"),
        pytest.param(lambda raw: raw.hex(), id="hexadecimal"),
        pytest.param(lambda raw: base64.urlsafe_b64encode(raw).decode(), id="the alphabet of addresses"),
        pytest.param(lambda raw: base64.b64encode(raw).decode().rstrip("="), id="not padded"),
        pytest.param(lambda raw: base64.b32encode(raw).decode(), id="base32"),
        pytest.param(lambda raw: base64.b64encode(raw.replace(b":", b"")).decode(), id="no colon"),
    ],
)
async def test_credentials_in_another_encoding_are_401(mobile: Mobile, operation: str, encode: Any) -> None:
    raw = f"{AWKWARD}:password".encode()
    right = base64.b64encode(raw).decode()
    assert {"+", "/"} & set(right)
    assert right.endswith("=")
    assert (await mobile.call(operation, b"{", Authorization=f"Basic {right}")).status == 400
    answer = await mobile.call(operation, b"{", Authorization=f"Basic {encode(raw)}")
    assert answer.refusal == (401, "MOBILE-15209")


@BOTH
async def test_the_checks_have_an_order(mobile: Mobile, operation: str) -> None:
    """Each call has everything wrong that is checked later as well."""
    wrong: dict[str, Any] = {"user": STRANGER, "Content_Type": "text/plain", "Oracle_Mobile_Backend_ID": None}
    seen = [
        await mobile.call(operation, b"{", **{**wrong, "user": "nobody"}),
        await mobile.call(operation, b"{", **wrong),
    ]
    wrong["Content_Type"] = "application/json"
    seen.append(await mobile.call(operation, b"{", **wrong))
    wrong["Oracle_Mobile_Backend_ID"] = NOWHERE
    seen.append(await mobile.call(operation, b"{", **wrong))
    wrong["Oracle_Mobile_Backend_ID"] = BACKEND
    seen.append(await mobile.call(operation, b"{", **wrong))
    seen.append(await mobile.call(operation, b"{"))
    unknown = a_body("never-registered", mobileClient={"id": "no.such.app", "platform": "IOS"})
    seen.append(await mobile.call(operation, unknown))
    assert [answer.refusal for answer in seen] == [
        (401, "MOBILE-15209"),
        (415, "MOBILE-92515"),
        (400, "MOBILE-58060"),
        (404, "MOBILE-58026"),
        (401, "MOBILE-15209"),
        (400, "MOBILE-90001"),
        (400, "MOBILE-90005"),
    ]
    assert all(answer.headers["Oracle-Mobile-Runtime-Version"] for answer in seen)
