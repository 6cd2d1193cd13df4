"""Tokens for confidential clients, and the keys that verify them."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwk, jwt

from chassis.bearer import BearerVerifier
from chassis.errors import Unauthenticated
from chassis.settings import Issuer
from device_admin.settings import Settings
from tests.integration.device_admin.admin import Admin
from tests.integration.device_admin.conftest import admin_running
from tests.support.services import basic

PATH = "/myruntime/api/az/v1/token"
GRANT = {"grant_type": "client_credentials"}
TEST = basic("test")


async def ask(
    admin: Admin, form: Mapping[str, str], *, path: str = PATH, headers: dict[str, str] = TEST
) -> tuple[int, Any, Any]:
    """The answer to a token request."""
    return await admin.service.request("POST", path, headers=headers, data=form)


async def test_a_token_says_who_may_do_what_and_where(admin: Admin, settings: Settings) -> None:
    status, body, headers = await ask(admin, {**GRANT, "scope": "devices.write push.application.myapp"})
    assert status == 200
    assert (headers["Cache-Control"], headers["Pragma"]) == ("no-store", "no-cache")
    token = jwt.decode(body.pop("access_token"), settings.signing_keys[0], algorithms=["ES256"])
    assert body == {"token_type": "Bearer", "expires_in": 3600, "scope": "devices.write push.application.myapp"}
    assert token.header == {"alg": "ES256", "typ": "at+jwt", "kid": settings.signing_keys[0].kid}
    claims = token.claims
    assert abs(claims["iat"] - time.time()) < 30
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims.pop("jti")
    assert claims == {
        "iss": "rollcall",
        "aud": "rollcall",
        "sub": "test",
        "client_id": "test",
        "runtime": "myruntime",
        "scope": "devices.write push.application.myapp",
    }


async def test_replicas_accept_each_others_tokens_and_nobody_elses(admin: Admin, settings: Settings) -> None:
    async with admin_running(settings) as other:
        _, body, _ = await ask(other, {**GRANT, "scope": "devices.read"})
        keys = f"{admin.service.url}/myruntime/api/az/v1/jwks"
        verifier = BearerVerifier(other.service.http, [Issuer(issuer="rollcall", audience="rollcall", jwks_url=keys)])
        claims = await verifier.verify(body["access_token"])
        assert (claims["sub"], claims["scope"]) == ("test", "devices.read")
    stranger = replace(settings, signing_keys=[jwk.ECKey.generate_key("P-256", auto_kid=True)])
    async with admin_running(stranger) as other:
        _, body, _ = await ask(other, GRANT)
        verifier = BearerVerifier(other.service.http, [Issuer(issuer="rollcall", audience="rollcall", jwks_url=keys)])
        with pytest.raises(Unauthenticated):
            await verifier.verify(body["access_token"])


async def test_the_published_keys_are_public_and_only_that(admin: Admin, settings: Settings) -> None:
    status, body, headers = await admin.service.request("GET", "/myruntime/api/az/v1/jwks")
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=300")
    (key,) = body["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert key["kid"] == settings.signing_keys[0].kid
    status, body, _ = await admin.service.request("GET", "/unknown/api/az/v1/jwks")
    assert (status, body["errorCode"]) == (404, "FWLSE3030E")


async def test_without_a_scope_a_client_gets_the_default_one(admin: Admin) -> None:
    no_scope: dict[str, str] = {}
    for form in (no_scope, {"scope": ""}):
        status, body, _ = await ask(admin, {**GRANT, **form}, headers=basic("push"))
        assert (status, body["scope"]) == (200, "RegisteredClient")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("headers", "data", "status", "error"),
    [
        ({}, "grant_type=client_credentials", 401, "invalid_client"),
        (basic("test", "wrong"), "no form", 401, "invalid_client"),
        (basic("stranger"), "grant_type=client_credentials", 401, "invalid_client"),
        (basic("admin"), "grant_type=client_credentials", 401, "invalid_client"),
        ({"Authorization": "Bearer x"}, "grant_type=client_credentials", 401, "invalid_client"),
        (TEST, "", 400, "invalid_request"),
        (TEST, "grant_type=", 400, "invalid_request"),
        (TEST, "scope=a", 400, "invalid_request"),
        (TEST, "grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        (TEST, "grant_type=client_credentials&scope=a&scope=b", 400, "invalid_request"),
        (TEST, "grant_type=client_credentials&scope=%FF", 400, "invalid_request"),
        (TEST, b"grant_type=client_credentials&\xff=1", 400, "invalid_request"),
        (TEST, "&".join(f"p{number}=1" for number in range(99)), 400, "invalid_request"),
        ({**TEST, "Content-Type": "application/json"}, "{}", 400, "invalid_request"),
        (TEST, "grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        (basic("push"), "grant_type=client_credentials&scope=devices.read+settings.read", 400, "invalid_scope"),
        (TEST, "grant_type=client_credentials&scope=a%22b", 400, "invalid_scope"),
        (TEST, "x" * 70_000, 413, "invalid_request"),
    ],
)
async def test_how_it_says_no(
    admin: Admin, headers: dict[str, str], data: str | bytes, status: int, error: str
) -> None:
    headers = {"Content-Type": FORM, **headers}
    answer, body, given = await admin.service.request("POST", PATH, headers=headers, data=data)
    assert (answer, body["error"]) == (status, error), body
    assert set(body) == {"error", "error_description"}
    assert ("WWW-Authenticate" in given) is (status == 401)
    assert (given["Cache-Control"], given["Pragma"]) == ("no-store", "no-cache")


async def test_an_unknown_runtime_gives_no_tokens(admin: Admin) -> None:
    status, body, _ = await ask(admin, GRANT, path="/unknown/api/az/v1/token")
    assert (status, body["error"]) == (404, "invalid_request")
    assert (await ask(admin, GRANT, path="/unknown/api/az/v1/token", headers={}))[0] == 401


async def test_the_token_endpoint_is_only_posted_to(admin: Admin) -> None:
    status, body, headers = await admin.service.request("GET", PATH, headers=TEST)
    assert (status, body["error"], headers["Allow"]) == (405, "invalid_request", "POST")
