from collections.abc import Mapping

import pytest

from device_events.handlers import SettingsError
from device_events.handlers.settings import Told, read_settings
from email_handlers.handlers import handlers

NEEDED = {
    "MONGODB_URI": "mongodb://localhost",
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "SMTP_HOST": "localhost",
    "SMTP_SENDER": "hello@rollcall.example",
}


def read(env: Mapping[str, str]) -> Told:
    return read_settings(handlers, env)


def test_a_host_and_a_sender_are_enough() -> None:
    told, smtp = read(NEEDED), handlers.settings
    assert told.mongodb is not None
    assert (smtp.port, smtp.starttls, told.mongodb.record_days) == (25, False, 30)


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
def test_what_cannot_work_is_refused_by_name(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read({**NEEDED, **changes})


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read({"MONGODB_URI": "mongodb://localhost", "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"})
    assert [mistake.split(":")[0] for mistake in refused.value.mistakes] == ["SMTP_HOST", "SMTP_SENDER"]


def test_a_wrong_password_setting_quotes_nothing_of_it() -> None:
    with pytest.raises(SettingsError) as refused:
        read({**NEEDED, "MONGODB_URI": "mongodb://anna:s3cr:et@localhost", "SMTP_PASSWORD": "hunter2"})
    assert "MONGODB_URI" in str(refused.value)
    assert not [word for word in ("s3cr", "hunter2", "et@") if word in str(refused.value)]
