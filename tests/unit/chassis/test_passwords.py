"""HTTP Basic: the header is read as RFC 7617 has it, and passwords are verified with a cache of successes only."""

import asyncio
import base64
from collections.abc import Iterator

import pytest

from chassis import passwords
from chassis.auth import basic_credentials
from chassis.errors import Overloaded
from chassis.passwords import PasswordVerifier
from tests.support.services import HASHED

OTHER = passwords.HASHER.hash("another")


@pytest.fixture
def verifier() -> Iterator[PasswordVerifier]:
    one = PasswordVerifier()
    yield one
    one.close()


def basic(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        (basic("name:secret"), ("name", "secret")),
        (basic("name:with:colons"), ("name", "with:colons")),
        (basic("name:"), ("name", "")),
        (basic(":secret"), ("", "secret")),
        (basic("jürgen:pässwörd€"), ("jürgen", "pässwörd€")),
        (basic("name:secret").replace("Basic", "bAsIc"), ("name", "secret")),
        (basic("name:secret").replace(" ", "   "), ("name", "secret")),
    ],
)
def test_name_and_password_are_read(header: str, credentials: tuple[str, str]) -> None:
    assert basic_credentials(header) == credentials


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic bmFtZTpzZWNyZXQ",
        "Basic bmFt ZTpzZWNyZXQ=",
        "Basic YTpi====",
        "Basic näme",
        "Basic \udcff\udcfe",
        basic("no colon"),
        basic(b"name:\xff\xfe"),
        "Bearer abc",
        "Basicbm9uZTp4",
        "Digest username=a",
    ],
)
def test_any_other_header_holds_no_credentials(header: str | None) -> None:
    assert basic_credentials(header) is None


async def test_only_the_right_password_fits(verifier: PasswordVerifier) -> None:
    assert await verifier.verify("anna", "password", HASHED)
    assert not await verifier.verify("anna", "Password", HASHED)
    assert not await verifier.verify("anna", "", HASHED)
    assert not await verifier.verify("anna", "password\udcff", HASHED)


async def test_an_unknown_user_never_fits_however_often_tried(verifier: PasswordVerifier) -> None:
    for _ in range(3):
        assert not await verifier.verify("nobody", "password", None)


async def test_what_is_remembered_is_a_keyed_digest_that_fits_no_other_process(verifier: PasswordVerifier) -> None:
    await verifier.verify("anna", "password", HASHED)
    (digest,) = verifier._verified
    assert len(digest) == 32
    other = PasswordVerifier()
    try:
        assert digest == verifier._digest("anna", "password", HASHED) != other._digest("anna", "password", HASHED)
    finally:
        other.close()


async def test_a_success_is_remembered_and_costs_no_second_hash(verifier: PasswordVerifier) -> None:
    await verifier.verify("anna", "password", HASHED)
    verifier.close()  # no hash can be computed from here on
    assert await verifier.verify("anna", "password", HASHED)
    for name, password, stored in [
        ("anna", "wrong", HASHED),
        ("bert", "password", HASHED),
        ("annap", "assword", HASHED),
        ("anna", "password", OTHER),
        ("anna", "password", None),
    ]:
        with pytest.raises(RuntimeError):
            await verifier.verify(name, password, stored)


async def test_a_success_is_forgotten_after_a_while(
    verifier: PasswordVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "CACHE_SECONDS", 0.0)
    await verifier.verify("anna", "password", HASHED)
    verifier.close()
    with pytest.raises(RuntimeError):
        await verifier.verify("anna", "password", HASHED)


async def test_the_memory_is_bounded(verifier: PasswordVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "CACHE_SIZE", 1)
    await verifier.verify("anna", "password", HASHED)
    await verifier.verify("bert", "another", OTHER)
    verifier.close()
    assert await verifier.verify("bert", "another", OTHER)
    with pytest.raises(RuntimeError):
        await verifier.verify("anna", "password", HASHED)


async def test_too_many_checks_at_once_are_refused(verifier: PasswordVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING", 2)
    answers = await asyncio.gather(
        *(verifier.verify("anna", f"guess {number}", HASHED) for number in range(5)), return_exceptions=True
    )
    assert answers[:2] == [False, False]
    assert all(isinstance(answer, Overloaded) for answer in answers[2:])
    assert not await verifier.verify("anna", "later", HASHED)
