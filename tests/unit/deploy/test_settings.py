"""Every setting of every service: described in the README's table, never taken for another's, secrets by file."""

import os
from pathlib import Path

import pytest

from chassis.environment import Env
from deploy.settings import BEGIN, README, SERVICES, table, written

SECRETS = [(service, one.name) for service, asked in SERVICES.items() for one in asked if one.secret]


def test_the_readme_has_the_table_that_the_settings_classes_make() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run `make settings`"


def test_a_readme_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="settings: end"):
        written(f"# Rollcall\n{BEGIN}\n")


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is(service: str) -> None:
    assert [one.name for one in SERVICES[service] if not one.about] == []
    assert all(f"| `{one.name}` |" in table() for one in SERVICES[service])


def test_what_sounds_secret_is_said_to_be() -> None:
    secrets = {name for _, name in SECRETS}
    sounding = {one.name for asked in SERVICES.values() for one in asked if one.name.endswith(("KEY", "KEYS"))}
    assert secrets == sounding | {"MONGODB_URI", "KAFKA_PASSWORD", "SMTP_PASSWORD"}


@pytest.mark.parametrize(("service", "name"), SECRETS)
def test_every_secret_can_be_given_by_file(
    service: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _clear(monkeypatch)
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    monkeypatch.setenv(f"{name}_FILE", str(file))
    assert Env().str(name, None) == "from-a-file"
    _asked_by(service).refuse_unknown(("KAFKA_", "MONGODB_", "SMTP_"))


@pytest.mark.parametrize("service", SERVICES)
def test_no_setting_of_another_service_is_taken_for_a_slip(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _clear(monkeypatch)
    for asked in SERVICES.values():
        for one in asked:
            if one.name != "IGNORED_VARIABLES":
                monkeypatch.setenv(one.name, "x")
                monkeypatch.setenv(f"{one.name}_FILE", "x")
    env = Env()
    env.asked = _asked_by(service).asked
    env.refuse_unknown(())
    env.seal()


def _asked_by(service: str) -> Env:
    env = Env()
    env.asked = {one.name: one for one in SERVICES[service]}
    return env


def _clear(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        monkeypatch.delenv(name)
