"""The settings and the part of the catalogue that this service reads."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from marshmallow import ValidationError

from chassis.settings import SettingsError
from mobile_platform.settings import CatalogueSchema, Settings

BACKEND: dict[str, Any] = {
    "id": "ABCD9278",
    "runtime": "myruntime",
    "clients": [{"id": "my.app.id", "platforms": ["IOS", "ANDROID"]}],
}
CATALOGUE: dict[str, Any] = {"runtimes": [{"name": "myruntime"}], "backends": [BACKEND], "contactLists": [{"id": 3}]}
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


def with_backends(*backends: dict[str, Any]) -> dict[str, Any]:
    return {**CATALOGUE, "backends": list(backends)}


def test_the_backends_are_read_and_the_rest_is_left_to_others() -> None:
    backend = CatalogueSchema().load(CATALOGUE).backends["ABCD9278"]
    assert backend.clients == {"my.app.id": frozenset({"IOS", "ANDROID"})}
    assert backend.role == "mobile:ABCD9278"
    assert not backend.require_device_id
    assert backend.anonymous_key is None


@pytest.mark.parametrize(
    "catalogue",
    [
        {"backends": []},
        with_backends({**BACKEND, "runtime": "elsewhere"}),
        with_backends(BACKEND, BACKEND),
        with_backends({**BACKEND, "id": "a:b"}),
        with_backends({**BACKEND, "id": "a/b"}),
        with_backends({**BACKEND, "requireDeviceID": True}),
        with_backends({**BACKEND, "anonymousKey": "with space"}),
        with_backends({**BACKEND, "anonymousKey": "k"}, {**BACKEND, "id": "other", "anonymousKey": "k"}),
        with_backends({**BACKEND, "clients": [{"id": "my.app.id", "platforms": ["ios"]}]}),
        with_backends({**BACKEND, "clients": [{"id": "my.app.id", "platforms": []}]}),
        with_backends({**BACKEND, "clients": BACKEND["clients"] * 2}),
        {**CATALOGUE, "runtimes": [{"name": "my/runtime"}]},
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(catalogue: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CatalogueSchema().load(catalogue)


def test_an_anonymous_key_is_not_shown() -> None:
    catalogue = CatalogueSchema().load(with_backends({**BACKEND, "anonymousKey": "hush"}))
    assert "hush" not in repr(catalogue)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text(yaml.safe_dump(CATALOGUE))
    key = tmp_path / "token-digest-key"
    key.write_text(KEY + "\n")
    monkeypatch.setenv("MONGODB_URI", "mongodb://localhost")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
    monkeypatch.setenv("CATALOGUE_FILE", str(catalogue))
    monkeypatch.setenv("TOKEN_DIGEST_KEY_FILE", str(key))
    return monkeypatch


def test_settings_are_read_from_the_environment_and_its_files(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RUNTIME_VERSION", "26.1.0-202611210000")
    settings = Settings.from_env()
    assert settings.token_digest_key == b"k" * 32
    assert settings.runtime_version == "26.1.0-202611210000"
    assert "ABCD9278" in settings.catalogue.backends
    assert repr(b"k" * 32) not in repr(settings)


def test_every_mistake_is_reported_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RUNTIME_VERSION", "one\ntwo")
    environment.delenv("CATALOGUE_FILE")
    environment.delenv("TOKEN_DIGEST_KEY_FILE")
    with pytest.raises(SettingsError) as refused:
        Settings.from_env()
    for name in ("RUNTIME_VERSION", "CATALOGUE_FILE", "TOKEN_DIGEST_KEY"):
        assert name in str(refused.value)
