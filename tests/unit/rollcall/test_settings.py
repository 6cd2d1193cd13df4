"""Where the command looks for each service's documents."""

from collections.abc import Mapping

import pytest

from chassis.settings import SettingsError
from rollcall.settings import ContactSettings, Settings

SHARED = {"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "MONGODB_URI": "mongodb://m/?replicaSet=rs0"}


def read(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def test_one_database_is_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    places = read(monkeypatch, {**SHARED, "MONGODB_DATABASE": "one"}).places
    assert {(one.uri, one.database) for one in places.values()} == {(SHARED["MONGODB_URI"], "one")}


def test_a_service_with_a_database_of_its_own_is_found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"PUSH_REGISTRY_MONGODB_DATABASE": "push", "CONTACTS_MONGODB_URI": "mongodb://c/?replicaSet=rs0"}
    places = read(monkeypatch, {**SHARED, **own}).places
    assert (places["push-registry"].uri, places["push-registry"].database) == (SHARED["MONGODB_URI"], "push")
    assert (places["contacts"].uri, places["contacts"].database) == ("mongodb://c/?replicaSet=rs0", "rollcall")
    assert places["device-admin"].database == "rollcall"


def test_every_mistake_is_named_at_once_and_no_password_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "MONGODB_URI": SHARED["MONGODB_URI"],
        "CONTACTS_MONGODB_URI": "http://user:hush-hush@c",
        "DEVICE_ADMIN_MONGODB_DATABASE": "a b",
        "ENC_CONTACT_ID_KEYS": "k1:hush",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        ContactSettings.from_env()
    text = str(raised.value)
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "CATALOGUE_FILE", *list(wrong)[1:]):
        assert name in text
    assert "hush" not in text
