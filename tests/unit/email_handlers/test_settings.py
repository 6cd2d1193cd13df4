from collections.abc import Mapping

import pytest

from chassis.settings import SettingsError
from email_handlers.settings import Settings

NEEDED = {
    "MONGODB_URI": "mongodb://localhost",
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "SMTP_HOST": "localhost",
    "SMTP_SENDER": "hello@rollcall.example",
}


def read(monkeypatch: pytest.MonkeyPatch, env: Mapping[str, str]) -> Settings:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def test_a_host_and_a_sender_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, NEEDED)
    assert (settings.smtp_port, settings.smtp_starttls, settings.record_days) == (25, False, 30)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SMTP_SENDER": "Rollcall <hello@rollcall.example>"}, "SMTP_SENDER"),
        ({"SMTP_USERNAME": "u"}, "SMTP_USERNAME"),
        ({"SMTP_USERNAME": "u", "SMTP_PASSWORD": "p"}, "SMTP_STARTTLS"),
        ({"RECORD_DAYS": "7"}, "RECORD_DAYS"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        read(monkeypatch, {**NEEDED, **changes})


def test_every_missing_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, {"MONGODB_URI": "mongodb://localhost", "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"})
    assert [mistake.split(":")[0] for mistake in refused.value.mistakes] == ["SMTP_HOST", "SMTP_SENDER"]
