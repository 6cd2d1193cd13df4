"""Bearer tokens: only what a trusted issuer signed, for us, for now; its keys are asked for sparingly."""

import asyncio
import time
from typing import Any

import pytest

from chassis import bearer, jwks
from chassis.errors import Unauthenticated, Unavailable
from tests.unit.chassis.issuing import (
    ISSUER,
    JwksEndpoint,
    claims,
    ec_key,
    handmade,
    hs256_with_public_key,
    rsa_key,
    token,
)

EC, RSA, STRANGER = ec_key(), rsa_key(), ec_key()


@pytest.mark.parametrize("key", [EC, RSA])
async def test_a_trusted_issuers_token_gives_its_claims(key: Any) -> None:
    found = await JwksEndpoint(EC, RSA).verifier().verify(token(key))
    assert (found["sub"], found["scope"]) == ("test", "a b")


async def test_one_of_several_audiences_is_enough() -> None:
    assert await JwksEndpoint(EC).verifier().verify(token(EC, aud=["other", ISSUER.audience]))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other"},
        {"iss": None},
        {"iss": [ISSUER.issuer]},
        {"aud": "other"},
        {"aud": None},
        {"aud": ["other"]},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": int(time.time()) + 600},
    ],
)
async def test_claims_that_are_not_for_us_or_not_for_now_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC).verifier().verify(token(EC, **changes))


@pytest.mark.parametrize(
    "header", [{"kid": "unknown"}, {"kid": ""}, {"crit": ["exp"]}, {"crit": ["b64"], "b64": True}], ids=str
)
async def test_a_header_out_of_the_ordinary_is_refused(header: dict[str, Any]) -> None:
    try:
        given = token(EC, header=header)
    except Exception:
        given = handmade({"alg": "ES256", "kid": "ec", **header}, claims(), b"x" * 64)
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC).verifier().verify(given)


@pytest.mark.parametrize(
    "forged",
    [
        handmade({"alg": "none", "kid": "ec"}, claims()),
        handmade({"alg": "None", "kid": "ec"}, claims()),
        handmade({"kid": "ec"}, claims()),
        handmade({"alg": "ES256"}, claims(), b"x" * 64),
        handmade({"alg": "ES256", "kid": 5}, claims(), b"x" * 64),
        handmade({"alg": "ES256", "kid": "ec"}, claims(), b"\0" * 64),
        handmade({"alg": "ES256", "kid": "ec"}, claims(), b""),
        handmade({"alg": "RS256", "kid": "ec"}, claims(), b"x" * 256),
        handmade({"alg": "ES256", "kid": "ec"}, [], b"x"),
        handmade({"alg": "ES256", "kid": "ec"}, None, b"x"),
        hs256_with_public_key(RSA),
        token(STRANGER),
        token(EC).rsplit(".", 1)[0] + ".",
        token(EC) + ".x",
        "a.b.c",
        "..",
        "",
        "é.é.é",
        "eyJ9.eyJ9.e",
        "x" * 9_000,
    ],
)
async def test_a_forged_or_broken_token_is_refused(forged: str) -> None:
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC, RSA).verifier().verify(forged)


async def test_a_refused_token_stays_refused_and_a_known_one_known() -> None:
    verifier, good = JwksEndpoint(EC).verifier(), token(EC)
    for _ in range(2):
        assert await verifier.verify(good)
        with pytest.raises(Unauthenticated):
            await verifier.verify(good[:-2] + ("AA" if good[-2:] != "AA" else "BA"))


async def test_a_known_token_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, short = JwksEndpoint(EC).verifier(), token(EC, exp=int(time.time()) + 5)
    assert await verifier.verify(short)
    later = time.time() + 60
    monkeypatch.setattr("chassis.bearer.time.time", lambda: later)
    with pytest.raises(Unauthenticated):
        await verifier.verify(short)


async def test_many_unknown_key_ids_cause_one_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = JwksEndpoint(EC)
    verifier = endpoint.verifier()
    await verifier.verify(token(EC))
    forged = [handmade({"alg": "ES256", "kid": f"k{n}"}, claims(), b"x" * 64) for n in range(50)]
    refusals = await asyncio.gather(*map(verifier.verify, forged), return_exceptions=True)
    assert all(isinstance(one, Unauthenticated) for one in refusals)
    assert endpoint.fetches == 1
    monkeypatch.setattr(jwks, "GAP", 0.0)
    await asyncio.gather(*map(verifier.verify, forged[:1]), return_exceptions=True)
    assert endpoint.fetches == 2


async def test_a_new_key_of_the_issuer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "GAP", 0.0)
    endpoint, new = JwksEndpoint(EC), ec_key("new")
    verifier = endpoint.verifier()
    await verifier.verify(token(EC))
    endpoint.keys = (EC, new)
    assert await verifier.verify(token(new))


async def test_a_withdrawn_key_ends_its_tokens_once_the_set_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = JwksEndpoint(EC, RSA)
    verifier, signed = endpoint.verifier(), token(RSA)
    assert await verifier.verify(signed)
    endpoint.keys = (EC,)
    assert await verifier.verify(signed)
    monkeypatch.setattr(jwks, "TTL", 0.0)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    with pytest.raises(Unauthenticated):
        await verifier.verify(signed)


async def test_an_issuer_that_is_away_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = JwksEndpoint(EC)
    verifier, signed = endpoint.verifier(), token(EC)
    await verifier.verify(signed)
    endpoint.away = True
    monkeypatch.setattr(jwks, "TTL", 0.0)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    assert await verifier.verify(signed)
    assert await verifier.verify(token(EC, sub="another"))


async def test_without_any_key_the_answer_is_try_again_and_not_a_flood() -> None:
    endpoint = JwksEndpoint(EC)
    endpoint.away = True
    verifier = endpoint.verifier()
    answers = await asyncio.gather(*(verifier.verify(token(EC)) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in answers)
    assert endpoint.fetches == 1


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "CACHE_SIZE", 2)
    verifier = JwksEndpoint(EC).verifier()
    for number in range(5):
        await verifier.verify(token(EC, sub=str(number)))
    assert len(verifier._verified) == 2
