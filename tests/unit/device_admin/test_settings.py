"""Settings: read at once, with every mistake named and no secret repeated."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk

from chassis.settings import SettingsError
from device_admin.settings import Settings

NO_KEYS = "SIGNING_KEY: must be P-256 keys as JSON Web Key Set, or one as JSON Web Key; the first private"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"
CATALOGUE = "runtimes: [{name: myruntime}]\napplications: [{id: myapp, runtime: myruntime}]\n"
CLIENTS = f"clients: [{{id: test, secret_hash: '{HASH}', allowedScope: '*'}}]\n"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A complete environment."""
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    (tmp_path / "clients.yaml").write_text(CLIENTS)
    key = jwk.ECKey.generate_key("P-256").as_dict(private=True)
    for name, value in {
        "MONGODB_URI": "mongodb://localhost",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "CATALOGUE_FILE": str(tmp_path / "catalogue.yaml"),
        "CLIENTS_FILE": str(tmp_path / "clients.yaml"),
        "SIGNING_KEY": json.dumps(key),
        "TOKEN_ISSUER": "rollcall",
        "TOKEN_AUDIENCE": "rollcall",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_what_is_not_said_has_the_documented_defaults(environment: pytest.MonkeyPatch) -> None:
    settings = Settings.from_env()
    assert settings.runtimes == {"myruntime"}
    assert (settings.clients["test"].allowed_scope, settings.clients["test"].display_name) == ("*", "test")
    assert settings.signing_keys[0].kid
    assert (settings.product_version, settings.token_lifetime, settings.device_patience) == ("8.0", 3600, 1.0)
    assert (settings.acknowledgement_timeout, settings.inactivity) == (timedelta(minutes=5), timedelta(days=90))


def test_a_secret_is_shown_nowhere(environment: pytest.MonkeyPatch) -> None:
    settings = Settings.from_env()
    assert "argon2" not in repr(settings)
    assert str(settings.signing_keys[0].as_dict(private=True)["d"]) not in repr(settings)


@pytest.mark.parametrize(
    "key",
    [
        "no JSON",
        "{}",
        "[]",
        "7",
        json.dumps(jwk.ECKey.generate_key("P-256").as_dict(private=False)),
        json.dumps(jwk.ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps({**jwk.ECKey.generate_key("P-256").as_dict(private=True), "x": "AAAA"}),
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}),
    ],
)
def test_only_a_private_p256_key_signs(environment: pytest.MonkeyPatch, key: str) -> None:
    environment.setenv("SIGNING_KEY", key)
    with pytest.raises(SettingsError) as refused:
        Settings.from_env()
    assert refused.value.mistakes == [NO_KEYS]


def key(kid: str, *, private: bool = True, curve: str = "P-256") -> dict[str, Any]:
    return jwk.ECKey.generate_key(curve, {"kid": kid}).as_dict(private=private)


def test_of_several_keys_the_first_signs_and_the_others_may_be_public(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SIGNING_KEY", json.dumps({"keys": [key("new"), key("old", private=False), key("older")]}))
    settings = Settings.from_env()
    assert [one.kid for one in settings.signing_keys] == ["new", "old", "older"]
    assert settings.signing_keys[0].is_private


@pytest.mark.parametrize(
    ("keys", "mistake"),
    [
        ([], NO_KEYS),
        ({"0": key("a")}, NO_KEYS),
        ([key("a", private=False), key("b")], NO_KEYS),
        ([key("a"), key("b", curve="P-384")], NO_KEYS),
        ([key("a"), None], NO_KEYS),
        ([key("a"), {"kty": "oct", "k": "c2VjcmV0"}], NO_KEYS),
        ([key("a"), key("a")], "SIGNING_KEY: two keys have the same kid"),
    ],
)
def test_a_set_of_keys_that_cannot_be_used_is_refused(
    environment: pytest.MonkeyPatch, keys: object, mistake: str
) -> None:
    environment.setenv("SIGNING_KEY", json.dumps({"keys": keys}))
    with pytest.raises(SettingsError) as refused:
        Settings.from_env()
    assert refused.value.mistakes == [mistake]


@pytest.mark.parametrize(
    "clients",
    [
        "clients: [{id: test, secret_hash: plain, allowedScope: '*'}]",
        f"clients: [{{id: 'a:b', secret_hash: '{HASH}', allowedScope: '*'}}]",
        f"clients: [{{id: tëst, secret_hash: '{HASH}', allowedScope: '*'}}]",
        f"clients: [{{id: test, secret_hash: '{HASH}', allowedScope: '*', secret: x}}]",
        f"clients: [{{id: test, secret_hash: '{HASH}'}}]",
        "clients: [" + f"{{id: t, secret_hash: '{HASH}', allowedScope: a}}, " * 2 + "]",
        "clients: 7",
    ],
)
def test_a_wrong_clients_file_is_named(environment: pytest.MonkeyPatch, tmp_path: Path, clients: str) -> None:
    (tmp_path / "clients.yaml").write_text(clients)
    with pytest.raises(SettingsError, match="CLIENTS_FILE"):
        Settings.from_env()


def test_every_mistake_is_reported_at_once(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("runtimes: [{name: a/b}]")
    environment.setenv("INACTIVITY_DAYS", "-1")
    environment.setenv("ORPHAN_AGE", "soon")
    environment.delenv("TOKEN_ISSUER")
    with pytest.raises(SettingsError) as refused:
        Settings.from_env()
    named = {mistake.partition(":")[0] for mistake in refused.value.mistakes}
    assert named == {"CATALOGUE_FILE", "INACTIVITY_DAYS", "ORPHAN_AGE", "TOKEN_ISSUER"}
