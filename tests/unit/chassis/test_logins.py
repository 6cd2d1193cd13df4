"""Logins: the same work for everybody, failures counted by name and address, and nobody shut out from elsewhere."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from chassis import passwords
from chassis.errors import TooManyFailures
from chassis.logins import LoginLimits, Logins
from chassis.passwords import PasswordVerifier
from tests.support.services import HASHED

HERE, THERE = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def verifier() -> Iterator[PasswordVerifier]:
    one = PasswordVerifier()
    yield one
    one.close()


def logins(verifier: PasswordVerifier, *, failures: int = 3, per_address: int = 100) -> Logins:
    limits = LoginLimits(failures=failures, failures_per_address=per_address, window=60, trusted_proxies=())
    return Logins(verifier, limits)


async def attempt(one: Logins, password: str = "wrong", *, name: str = "anna", address: str = HERE) -> Any:
    """Whether it fits, or the seconds to wait."""
    try:
        return await one.fits(name, password, HASHED if name in ("anna", "bert") else None, address=address)
    except TooManyFailures as refusal:
        return int(refusal.headers["Retry-After"])


async def test_after_too_many_failures_even_the_right_password_waits(verifier: PasswordVerifier) -> None:
    one = logins(verifier)
    assert [await attempt(one) for _ in range(3)] == [False] * 3
    for password in ("wrong", "password"):
        assert 0 < await attempt(one, password) <= 60
    assert one.counts == {"failed": 3, "throttled": 2}


async def test_a_password_that_was_right_a_moment_ago_waits_as_well(verifier: PasswordVerifier) -> None:
    """Else the memory of successes would be a place to guess at without end."""
    one = logins(verifier)
    assert await attempt(one, "password") is True
    for _ in range(3):
        await attempt(one)
    assert await attempt(one, "password") > 1


async def test_nobody_is_shut_out_by_what_is_tried_elsewhere_or_as_somebody_else(verifier: PasswordVerifier) -> None:
    one = logins(verifier)
    for _ in range(5):
        await attempt(one)
    assert await attempt(one, "password", address=THERE) is True
    assert await attempt(one, "password", name="bert") is True
    assert await attempt(one, "password") > 1


async def test_a_success_forgets_the_names_failures_but_not_the_addresss(verifier: PasswordVerifier) -> None:
    one = logins(verifier, per_address=7)
    for _ in range(3):
        assert [await attempt(one), await attempt(one), await attempt(one, "password")] == [False, False, True]
    assert await attempt(one) is False
    for name in ("anna", "bert", "nobody"):
        assert await attempt(one, "password", name=name) > 1
    assert await attempt(one, "password", address=THERE) is True


async def test_many_names_from_one_address_come_to_an_end(verifier: PasswordVerifier) -> None:
    one = logins(verifier, per_address=10)
    answers = [await attempt(one, name=f"name {number}") for number in range(12)]
    assert answers[:10] == [False] * 10
    assert all(wait > 1 for wait in answers[10:])


async def test_of_guesses_sent_at_once_those_beyond_the_limit_learn_nothing(verifier: PasswordVerifier) -> None:
    one = logins(verifier)
    guesses = [*(f"guess {number}" for number in range(40)), "password"]
    answers = await asyncio.gather(*(attempt(one, guess) for guess in guesses))
    assert answers.count(False) == 3
    assert True not in answers
    assert answers[-1] > 1


async def test_a_user_and_a_client_of_one_name_are_counted_apart(verifier: PasswordVerifier) -> None:
    one, other = logins(verifier), passwords.HASHER.hash("another")
    for _ in range(3):
        assert not await one.fits("anna", "wrong", HASHED, address=HERE)
    assert await one.fits("anna", "another", other, address=HERE)
    with pytest.raises(TooManyFailures):
        await one.fits("anna", "password", HASHED, address=HERE)


async def test_an_unknown_name_is_throttled_as_a_known_one(verifier: PasswordVerifier) -> None:
    one = logins(verifier)
    known = [await attempt(one) for _ in range(5)]
    unknown = [await attempt(one, name="nobody", address=THERE) for _ in range(5)]
    assert [type(answer) for answer in known] == [type(answer) for answer in unknown]


async def test_every_first_attempt_costs_exactly_one_hash(
    verifier: PasswordVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: an unknown user, an empty password and a huge one are verified like any other."""
    hashed: list[str] = []
    real = passwords._fits

    def counted(stored_hash: str, password: str) -> bool:
        hashed.append(stored_hash)
        return real(stored_hash, password)

    monkeypatch.setattr(passwords, "_fits", counted)
    one = logins(verifier, failures=100)
    for name, password in [("anna", "wrong"), ("nobody", "wrong"), ("", ""), ("nobody", "x" * 9_000), ("anna", "\0")]:
        before = len(hashed)
        assert not await attempt(one, password, name=name)
        assert len(hashed) == before + 1
    costs = {stored.split("$")[3] for stored in hashed}
    assert costs == {"m=19456,t=2,p=1"}


async def test_names_that_run_into_addresses_are_different_keys(verifier: PasswordVerifier) -> None:
    one = logins(verifier, failures=1)
    await one.fits("a", "x", None, address="b1")
    assert not await one.fits("ab", "x", None, address="1")
