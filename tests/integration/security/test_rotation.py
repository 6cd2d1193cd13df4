"""Keys that change while services run: device-admin signs with a new one, push-registry follows its JWKS."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwk, jwt

import device_admin.app
import push_registry.app
from chassis import jwks
from chassis.settings import Issuer
from device_events import KafkaConnection
from tests.integration.security.forging import claims
from tests.integration.security.shapes import in_shape
from tests.integration.security.world import CLIENT, FIRST, PUSH, admin_settings, push_settings
from tests.support.polling import eventually
from tests.support.services import Running, basic, running, shared_settings
from tests.support.tokens import TokenIssuer, serving

DEVICES = f"/imfpush/v1/apps/{FIRST.application}/devices"
KEYS = f"/{FIRST.runtime}/api/az/v1/jwks"


def key(kid: str) -> jwk.ECKey:
    return jwk.ECKey.generate_key("P-256", {"kid": kid})


@dataclass
class Endpoint:
    """A JWKS address whose answer can be changed; `source` is a device-admin whose key set it hands on."""

    keys: Sequence[Any] = ()
    source: Running | None = None
    status: int = 200
    asked: int = 0
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""

    async def show(self, _request: web.Request) -> web.Response:
        self.asked += 1
        await self.hanging.wait()
        document: Any = {"keys": [one.as_dict(private=False) for one in self.keys]}
        if self.source:
            _, document, _ = await self.source.request("GET", KEYS)
        return web.json_response(document, status=self.status)


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    endpoint.hanging.set()
    app = web.Application()
    app.router.add_get("/jwks", endpoint.show)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.address = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    yield endpoint
    endpoint.hanging.set()
    await runner.cleanup()


@pytest.fixture
def shared(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> dict[str, Any]:
    return shared_settings(mongodb_uri, database_name, kafka)


@asynccontextmanager
async def push(shared: dict[str, Any], *addresses: str) -> AsyncIterator[Running]:
    """push-registry, which trusts "rollcall" with these key sets, the second under another name."""
    names = ("rollcall", "another")
    issuers = tuple(
        Issuer(issuer=name, audience="rollcall", jwks_url=url) for name, url in zip(names, addresses, strict=False)
    )
    async with running(push_registry.app.create_app, push_settings({**shared, "issuers": issuers})) as service:
        yield service


@asynccontextmanager
async def device_admin_with(shared: dict[str, Any], keys: Sequence[Any]) -> AsyncIterator[Running]:
    """device-admin with these signing keys."""
    async with running(device_admin.app.create_app, admin_settings(shared, signing_keys=keys)) as service:
        yield service


async def status_of(service: Running, token: str) -> int:
    """What a list of devices is answered with this token."""
    status, body, _ = await service.request("GET", DEVICES, headers={"Authorization": f"Bearer {token}"})
    assert status == 200 or in_shape(PUSH, body)
    return status


def token(signer: Any, **changes: Any) -> str:
    made = claims(iss="rollcall", jti=str(time.perf_counter_ns()), **changes)
    return jwt.encode({"alg": "ES256", "kid": signer.kid}, made, signer)


async def issued(admin: Running) -> str:
    """A token from device-admin."""
    form = {"grant_type": "client_credentials", "scope": "devices.read push.application.myapp"}
    path = f"/{FIRST.runtime}/api/az/v1/token"
    status, body, _ = await admin.request("POST", path, data=form, headers=basic(CLIENT))
    assert status == 200, body
    return str(body["access_token"])


async def test_all_keys_are_published_and_the_first_signs(shared: dict[str, Any]) -> None:
    old, new = key("old"), key("new")
    retired = jwk.ECKey.import_key(old.as_dict(private=False))
    async with device_admin_with(shared, [new, retired]) as admin:
        _, published, _ = await admin.request("GET", KEYS)
        assert [one["kid"] for one in published["keys"]] == ["new", "old"]
        assert all(set(one) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for one in published["keys"])
        decoded = jwt.decode(await issued(admin), new, algorithms=["ES256"])
        assert decoded.header["kid"] == "new"


async def test_a_signing_key_is_exchanged_without_a_refused_token(
    shared: dict[str, Any], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of device-admin's README, each with a restart; the address of its key set outlives them."""
    monkeypatch.setattr(jwks, "TTL", 0.0)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    old, new = key("old"), key("new")
    async with push(shared, endpoint.address) as service:
        tokens = []
        for keys in ([old], [old, new], [new, old]):
            async with device_admin_with(shared, keys) as endpoint.source:
                tokens.append(await issued(endpoint.source))
                assert [await status_of(service, one) for one in tokens] == [200] * len(tokens)
        async with device_admin_with(shared, [new]) as endpoint.source:
            assert [await status_of(service, one) for one in tokens] == [401, 401, 200]


async def test_a_withdrawn_key_is_refused_though_its_token_was_known(
    shared: dict[str, Any], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = key("old"), key("new")
    endpoint.keys = (old,)
    known = token(old)
    async with push(shared, endpoint.address) as service:
        assert await status_of(service, known) == 200
        endpoint.keys = (new,)
        monkeypatch.setattr(jwks, "GAP", 0.0)
        assert await status_of(service, token(new)) == 200  # an unknown key id, so the set is read again
        assert await status_of(service, known) == 401
        assert await status_of(service, token(old)) == 401


async def test_while_the_issuer_is_away_known_keys_stay_and_it_is_asked_sparingly(
    shared: dict[str, Any], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = key("mine")
    endpoint.keys = (mine,)
    async with push(shared, endpoint.address) as service:
        assert await status_of(service, token(mine)) == 200
        endpoint.status = 500
        monkeypatch.setattr(jwks, "TTL", 0.0)
        assert [await status_of(service, token(mine)) for _ in range(5)] == [200] * 5
        assert endpoint.asked == 1
        monkeypatch.setattr(jwks, "GAP", 0.0)
        assert await status_of(service, token(mine)) == 200
        assert endpoint.asked == 2


async def test_an_issuer_that_hangs_holds_up_one_request_at_most(
    shared: dict[str, Any], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = key("mine")
    endpoint.keys = (mine,)
    async with push(shared, endpoint.address) as service:
        assert await status_of(service, token(mine)) == 200
        endpoint.hanging.clear()
        monkeypatch.setattr(jwks, "TTL", 0.0)
        monkeypatch.setattr(jwks, "GAP", 0.0)
        held = asyncio.create_task(status_of(service, token(mine)))
        await eventually(lambda: endpoint.asked == 2)
        assert [await status_of(service, token(mine)) for _ in range(5)] == [200] * 5
        assert not held.done()
        endpoint.hanging.set()
        assert await held == 200


async def test_a_flood_of_unknown_key_ids_asks_the_issuer_once(shared: dict[str, Any], endpoint: Endpoint) -> None:
    mine, stranger = key("mine"), key("stranger")
    endpoint.keys = (mine,)
    async with push(shared, endpoint.address) as service:
        assert await status_of(service, token(mine)) == 200
        forged = [
            jwt.encode({"alg": "ES256", "kid": f"unknown-{n}"}, claims(iss="rollcall"), stranger) for n in range(200)
        ]
        assert {*await asyncio.gather(*(status_of(service, one) for one in forged))} == {401}
        assert endpoint.asked == 1
        assert await status_of(service, token(mine)) == 200


async def test_without_any_key_callers_are_told_to_come_again(shared: dict[str, Any], endpoint: Endpoint) -> None:
    endpoint.status = 500
    async with push(shared, endpoint.address) as service:
        authorization = {"Authorization": f"Bearer {token(key('mine'))}"}
        status, body, headers = await service.request("GET", DEVICES, headers=authorization)
        assert (status, body["code"]) == (503, "FPWSE0025E")
        assert int(headers["Retry-After"]) > 0


async def test_a_token_of_one_issuer_is_none_of_another(shared: dict[str, Any], endpoint: Endpoint) -> None:
    """Both call their key the same, and each signs what names the other."""
    mine, theirs = key("same"), TokenIssuer()
    theirs.key = key("same")
    endpoint.keys = (mine,)
    async with serving(theirs), push(shared, endpoint.address, theirs.trusted.jwks_url) as service:
        own = [token(mine), jwt.encode({"alg": "ES256", "kid": "same"}, claims(iss="another"), theirs.key)]
        assert [await status_of(service, one) for one in own] == [200, 200]
        assert await status_of(service, token(theirs.key)) == 401
        crossed = jwt.encode({"alg": "ES256", "kid": "same"}, claims(iss="another"), mine)
        assert await status_of(service, crossed) == 401
