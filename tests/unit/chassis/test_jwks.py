"""An issuer's keys: asked for sparingly, followed when they change, and kept while the issuer is away."""

import asyncio

import pytest

from chassis import jwks
from chassis.errors import Unauthenticated, Unavailable
from tests.support.polling import eventually
from tests.unit.chassis.issuing import JwksEndpoint, claims, ec_key, handmade, rsa_key, token

EC, RSA, STRANGER = ec_key(), rsa_key(), ec_key()


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


async def test_a_key_set_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "GAP", 0.0)
    endpoint = JwksEndpoint(EC)
    verifier = endpoint.verifier()
    assert await verifier.verify(token(EC))
    endpoint.keys, endpoint.strange = (EC, RSA), [{"kty": "x" * jwks.LARGEST}]
    with pytest.raises(Unauthenticated):
        await verifier.verify(token(RSA))
    assert await verifier.verify(token(EC))


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


async def test_a_key_exchanged_under_the_same_id_ends_the_tokens_of_the_old_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = JwksEndpoint(EC)
    verifier, old = endpoint.verifier(), token(EC)
    assert await verifier.verify(old)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    endpoint.keys = (STRANGER, RSA)
    assert await verifier.verify(token(RSA))  # an unknown key id, so the set is read again
    assert await verifier.verify(token(STRANGER))
    with pytest.raises(Unauthenticated):
        await verifier.verify(old)


async def test_keys_that_cannot_be_used_are_passed_over() -> None:
    endpoint = JwksEndpoint(EC)
    endpoint.strange = [
        {"kty": "AKP", "kid": "new", "alg": "ML-DSA-65", "pub": "AAAA"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AAAA"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"},
        None,
        7,
        [],
        {**RSA.as_dict(private=False), "use": "enc"},
    ]
    verifier = endpoint.verifier()
    assert await verifier.verify(token(EC))
    for kid in ("new", "broken", "secret"):
        with pytest.raises(Unauthenticated):
            await verifier.verify(handmade({"alg": "ES256", "kid": kid}, claims(), b"x" * 64))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token(RSA))


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": 7}, "x"])
async def test_what_is_no_key_set_leaves_the_keys_as_they_were(
    document: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = JwksEndpoint(EC)
    verifier = endpoint.verifier()
    assert await verifier.verify(token(EC))
    endpoint.document = document
    monkeypatch.setattr(jwks, "TTL", 0.0)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    assert await verifier.verify(token(EC, sub="another"))
    assert endpoint.fetches == 2


async def test_keys_are_not_used_for_ever_while_their_issuer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = JwksEndpoint(EC)
    verifier = endpoint.verifier()
    await verifier.verify(token(EC))
    endpoint.away = True
    for limit in ("TTL", "GAP", "LAST_RESORT"):
        monkeypatch.setattr(jwks, limit, 0.0)
    with pytest.raises(Unavailable):
        await verifier.verify(token(EC))


async def test_an_issuer_that_hangs_holds_up_one_request_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = JwksEndpoint(EC)
    verifier = endpoint.verifier()
    await verifier.verify(token(EC))
    monkeypatch.setattr(jwks, "TTL", 0.0)
    monkeypatch.setattr(jwks, "GAP", 0.0)
    endpoint.hanging = asyncio.Event()
    held = asyncio.create_task(verifier.verify(token(EC, sub="held")))
    await eventually(lambda: endpoint.fetches == 2)
    assert (await verifier.verify(token(EC, sub="another")))["sub"] == "another"
    assert not held.done()
    endpoint.hanging.set()
    assert (await held)["sub"] == "held"


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
