"""The settings of a service with a key and people, as a test gives them."""

import base64
from dataclasses import dataclass
from typing import Any, Self

import pytest

from chassis.settings import ChassisSettings, Env, SettingsError, read_settings
from chassis.users import UsersSchema

KEY = base64.urlsafe_b64encode(bytes(range(200, 232))).decode()
LEAST = {"MONGODB_URI": "mongodb://db:27017", "KAFKA_BOOTSTRAP_SERVERS": "a:9092,b:9092", "KEY": KEY}


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    key: bytes
    people: Any

    @classmethod
    def from_env(cls) -> Self:
        return read_settings(cls, _own)


def _own(env: Env) -> dict[str, Any]:
    return {"key": env.secret("KEY"), "people": env.yaml("PEOPLE_FILE", UsersSchema(), default=None)}


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in (LEAST | variables).items():
        monkeypatch.setenv(name, value)


def mistakes(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, str]:
    given(monkeypatch, **variables)
    with pytest.raises(SettingsError) as caught:
        Settings.from_env()
    assert str(caught.value).splitlines() == caught.value.mistakes
    return dict(line.split(": ", 1) for line in caught.value.mistakes)
