"""Bearer tokens: only what a trusted issuer signed, for us, for now."""

import time
from dataclasses import replace
from typing import Any

import pytest

from chassis import bearer
from chassis.bearer import BearerVerifier
from chassis.errors import Unauthenticated
from tests.unit.chassis.issuing import (
    ISSUER,
    JwksEndpoint,
    Two,
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
        {"nbf": "now"},
        {"iat": int(time.time()) + 600},
        {"iat": "now"},
        {"iss": f"{ISSUER.issuer}/"},
        {"iss": f"{ISSUER.issuer}.evil"},
        {"iss": ISSUER.issuer[:-1]},
        {"iss": ISSUER.issuer.upper()},
        {"aud": []},
        {"aud": [[ISSUER.audience]]},
        {"aud": f"{ISSUER.audience} other"},
        {"aud": ISSUER.audience.upper()},
        {"aud": {ISSUER.audience: 1}},
        {"aud": ["other", 7, ISSUER.audience]},
    ],
)
async def test_claims_that_are_not_for_us_or_not_for_now_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC).verifier().verify(token(EC, **changes))


@pytest.mark.parametrize(
    ("claim", "accepted", "refused"), [("exp", -20, -40), ("nbf", 20, 40), ("iat", 20, 40)], ids=str
)
async def test_clocks_may_differ_by_half_a_minute(claim: str, accepted: int, refused: int) -> None:
    now, verifier = int(time.time()), JwksEndpoint(EC).verifier()
    good: dict[str, Any] = {claim: now + accepted}
    bad: dict[str, Any] = {claim: now + refused}
    assert await verifier.verify(token(EC, **good))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token(EC, **bad))


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_a_header_that_names_other_keys_is_not_followed(name: str) -> None:
    endpoint = JwksEndpoint(EC)
    verifier, there = endpoint.verifier(), {name: "https://evil/jwks"}
    assert await verifier.verify(token(EC, header=there))
    for key in (STRANGER, ec_key("evil")):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token(key, header=there))
    assert endpoint.fetched == [ISSUER.jwks_url]


@pytest.mark.parametrize("name", ["jwk", "x5c"])
async def test_a_key_that_a_token_brings_along_verifies_nothing(name: str) -> None:
    brought = {"jwk": STRANGER.as_dict(private=False), "x5c": ["TUlJQg=="]}[name]
    signed = token(STRANGER).split(".")
    forged = handmade({"alg": "ES256", "kid": "ec", name: brought}, claims()).split(".")
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC).verifier().verify(".".join([*forged[:2], signed[2]]))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", " none", "HS256", "HS512", "ES256K", "es256"]
)
@pytest.mark.parametrize("kid", ["ec", "rsa"])
async def test_no_algorithm_but_two_is_taken(algorithm: str, kid: str) -> None:
    for signature in (b"", b"x" * 64):
        with pytest.raises(Unauthenticated):
            await JwksEndpoint(EC, RSA).verifier().verify(handmade({"alg": algorithm, "kid": kid}, claims(), signature))


@pytest.mark.parametrize("kid", ["../../dev/null", "/dev/null", "ec\0", "EC", " ec", "ec' OR '1'='1", "rsa"])
async def test_a_key_id_is_only_compared(kid: str) -> None:
    with pytest.raises(Unauthenticated):
        await JwksEndpoint(EC, RSA).verifier().verify(token(STRANGER, header={"kid": kid}))


async def test_one_issuers_key_says_nothing_for_another() -> None:
    """Both call their key the same; each token names the other's issuer."""
    mine, theirs = JwksEndpoint(EC), JwksEndpoint(STRANGER)
    other = replace(ISSUER, issuer="https://other", jwks_url="https://other/jwks")
    verifier = BearerVerifier(Two({ISSUER.jwks_url: mine, other.jwks_url: theirs}), [ISSUER, other])  # type: ignore[arg-type]
    good = [token(EC), token(STRANGER, iss=other.issuer)]
    for one in good:
        assert await verifier.verify(one)
    for forged in (token(EC, iss=other.issuer), token(STRANGER)):
        with pytest.raises(Unauthenticated):
            await verifier.verify(forged)


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


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "CACHE_SIZE", 2)
    verifier = JwksEndpoint(EC).verifier()
    for number in range(5):
        await verifier.verify(token(EC, sub=str(number)))
    assert len(verifier._verified) == 2
