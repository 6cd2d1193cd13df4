"""Settings of the connections to MongoDB and Kafka: half a login is a mistake, and no password is shown."""

import pytest

from chassis.kafka_settings import kafka_settings
from tests.unit.chassis.settings import Settings, given, mistakes


def test_a_tool_needs_only_the_settings_of_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "a:9092")
    monkeypatch.setenv("KAFKA_TOPIC_PREFIX", "blue.")
    assert kafka_settings().name("t") == "blue.t"


@pytest.mark.parametrize(
    ("variables", "at_fault"),
    [
        ({"KAFKA_USERNAME": "anna"}, {"KAFKA_USERNAME"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, {"KAFKA_USERNAME", "KAFKA_PASSWORD"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_USERNAME": "anna"}, {"KAFKA_PASSWORD"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_PASSWORD": "hush-hush"}, {"KAFKA_PASSWORD"}),
        ({"KAFKA_CA_FILE": "/absent"}, {"KAFKA_CA_FILE"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "/absent"}, {"KAFKA_CA_FILE"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CERT_FILE": "/absent"}, {"KAFKA_KEY_FILE"}),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_KEY_FILE": "/absent"}, {"KAFKA_CERT_FILE"}),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CERT_FILE": "/absent", "KAFKA_KEY_FILE": "/absent"},
            {"KAFKA_CERT_FILE"},
        ),
        (
            {"KAFKA_USERNAME": "anna", "KAFKA_PASSWORD": "hush-hush", "KAFKA_KEY_FILE": "/absent"},
            {"KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_KEY_FILE", "KAFKA_CERT_FILE"},
        ),
    ],
)
def test_half_a_login_to_kafka_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], at_fault: set[str]
) -> None:
    found = mistakes(monkeypatch, **variables)
    assert set(found) == at_fault
    assert "hush-hush" not in str(found)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://anna:hush/hush@db:27017/",
        "mongodb://anna:hush:hush@db/",
        "mongodb://anna:hush?hush=1@db/",
        "mongodb://anna:hush@hush@db/",
        "mongodb://anna:hush@db/?tls=hush",
        "mongodb://anna:hush@db/?tls=true&tlsCAFile=/absent",
        "mongodb://anna:hush@db/?tls=true&tlsInsecre=false",
        "mongodb://anna:hush@db:port/",
        "mongodb://anna@db/",
    ],
)
def test_an_address_of_mongodb_that_the_driver_would_not_take_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    found = mistakes(monkeypatch, MONGODB_URI=uri)
    assert set(found) == {"MONGODB_URI"}
    assert "hush" not in found["MONGODB_URI"]


def test_settings_that_are_printed_show_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        MONGODB_URI="mongodb://anna:hush-hush@db/",
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_USERNAME="anna",
        KAFKA_PASSWORD="hush-hush",
    )
    settings = Settings.from_env()
    assert settings.kafka.password == "hush-hush"
    assert "hush" not in repr(settings)
