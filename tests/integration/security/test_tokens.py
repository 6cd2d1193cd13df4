"""Forged and borrowed bearer tokens at every service that takes them: refused in its shape, and without effect."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.security.forging import FORGED, SCOPE, TRICKS, signed
from tests.integration.security.operations import BY_NAME
from tests.integration.security.shapes import in_shape
from tests.integration.security.world import ADMIN, CONTACTS, FIRST, MOBILE, PUSH, World

TARGETS = (
    BY_NAME[PUSH, "updateDevice"],
    BY_NAME[CONTACTS, "registerDevice"],
    BY_NAME[MOBILE, "registerMobileClient"],
)
ADMINISTRATION = BY_NAME[ADMIN, "listDevices"]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def quiet(world: World) -> None:
    """What earlier tests did has come to rest; the good tokens, which change something, come last."""
    await world.footprint.settle()


async def refused(world: World, token: str, statuses: Mapping[str, int]) -> None:
    """The token opens none of the three."""
    for target in TARGETS:
        status, body, headers = await target.send(world, FIRST, {"Authorization": f"Bearer {token}"})
        assert status == statuses[target.service], (target.id, body)
        assert in_shape(target.service, body)
        assert ("WWW-Authenticate" in headers) is (status == 401)
    assert await world.footprint.changes() == []


@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_token_opens_nothing(world: World, kind: str) -> None:
    await refused(world, FORGED[kind](world.issuer), {PUSH: 401, CONTACTS: 401, MOBILE: 401})


@pytest.mark.parametrize("trick", TRICKS)
async def test_a_scope_that_looks_alike_opens_nothing(world: World, trick: str) -> None:
    """The token is good, so contacts knows its caller, and says 403."""
    await refused(world, signed(world.issuer, scope=TRICKS[trick]), {PUSH: 401, CONTACTS: 403, MOBILE: 401})


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, {}),
        ({"aud": ["other", "rollcall"]}, {}),
        ({"iat": None}, {}),
        ({"scope": f"other {SCOPE} another"}, {}),
        ({}, {"exp": -20}),
        ({}, {"nbf": 20, "iat": 20}),
    ],
    ids=str,
)
async def test_what_is_good_is_taken(world: World, changes: dict[str, Any], seconds: dict[str, int]) -> None:
    """So that the refusals above are for what was forged. `seconds` are from now, within the leeway."""
    times: dict[str, Any] = {name: int(time.time()) + offset for name, offset in seconds.items()}
    token = signed(world.issuer, **changes, **times)
    status, body, _ = await TARGETS[0].send(world, FIRST, {"Authorization": f"Bearer {token}"})
    assert status == 200, body


async def test_a_role_in_a_token_is_none_at_device_admin_and_at_push(world: World) -> None:
    """contacts and mobile-platform take the claim `roles`; push-registry scopes only, device-admin no token at all."""
    roles = [*SCOPE.split(), "mfpadmin", "mfpadmin:myruntime"]
    credentials = {"Authorization": f"Bearer {signed(world.issuer, scope=None, roles=roles)}"}
    answers = {target.service: await target.send(world, FIRST, credentials) for target in (*TARGETS, ADMINISTRATION)}
    assert {service: answer[0] for service, answer in answers.items()} == {
        PUSH: 401,
        CONTACTS: 200,
        MOBILE: 201,
        ADMIN: 401,
    }


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_a_header_that_names_keys_elsewhere_is_ignored(world: World, name: str) -> None:
    token = signed(world.issuer, {name: f"{world.issuer.address}/evil"})
    status, body, _ = await TARGETS[0].send(world, FIRST, {"Authorization": f"Bearer {token}"})
    assert status == 200, body
