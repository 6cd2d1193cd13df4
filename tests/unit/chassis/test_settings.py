"""Settings: typed, from variables or files, every mistake reported at once."""

from pathlib import Path

import pytest

from chassis.settings import Env, SettingsError
from chassis.users import UsersSchema
from tests.support.services import HASHED
from tests.unit.chassis.settings import KEY, LEAST, Settings, given, mistakes

USERS = f"users: [{{name: anna, password_hash: {HASHED!r}, roles: [reader]}}]"


def test_the_least_that_must_be_said_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    settings = Settings.from_env()
    assert settings.mongodb_uri == "mongodb://db:27017"
    assert settings.kafka.bootstrap_servers == ("a:9092", "b:9092")
    assert settings.kafka.idempotent
    assert settings.key == bytes(range(200, 232))
    assert (settings.users, settings.issuers, settings.people) == (None, (), None)


def test_every_mistake_is_reported_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("users: [")
    wrong = {
        "MONGODB_URI": "localhost:27017",
        "MONGODB_DATABASE": "a b",
        "KAFKA_BOOTSTRAP_SERVERS": "a,b:9092",
        "KAFKA_SECURITY_PROTOCOL": "plaintext",
        "KAFKA_FETCH_WAIT_MS": "0",
        "KAFKA_IDEMPOTENT": "perhaps",
        "PORT": "65536",
        "LOG_LEVEL": "LOUD",
        "DRAIN_DELAY": "nan",
        "SWEEP_EVERY": "0",
        "MAX_BODY_BYTES": "-1",
        "OIDC_ISSUERS": "issuer|audience|jwks.json",
        "LOGIN_FAILURES": "0",
        "LOGIN_FAILURES_PER_ADDRESS": "none",
        "LOGIN_WINDOW": "-1",
        "TRUSTED_PROXIES": "10.0.0.0/8,10.0.0.300",
        "USERS_FILE": str(broken),
        "PEOPLE_FILE": str(tmp_path / "absent.yaml"),
        "KEY": "c2hvcnQ",
    }
    assert set(mistakes(monkeypatch, **wrong)) == set(wrong)


def test_what_is_required_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LEAST:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError) as caught:
        Settings.from_env()
    assert [line.split(":")[0] for line in caught.value.mistakes] == ["KAFKA_BOOTSTRAP_SERVERS", "KEY", "MONGODB_URI"]


def test_a_value_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mongodb://user:secret@db/\n")
    given(monkeypatch)
    monkeypatch.delenv("MONGODB_URI")
    monkeypatch.setenv("MONGODB_URI_FILE", str(secret))
    assert Settings.from_env().mongodb_uri == "mongodb://user:secret@db/"


def test_a_file_that_cannot_hold_a_value_is_one_mistake_among_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binary, empty = tmp_path / "binary", tmp_path / "empty"
    binary.write_bytes(b"\xff\xfe\xff")
    empty.write_text(" \n")
    for name in LEAST:
        monkeypatch.setenv(name, "")
    monkeypatch.setitem(LEAST, "KEY", "")
    monkeypatch.setitem(LEAST, "MONGODB_URI", "")
    files = {
        "MONGODB_URI": str(tmp_path / "absent"),
        "KEY": str(binary),
        "KAFKA_PASSWORD": str(empty),
        "LOG_LEVEL": str(tmp_path),
        "DRAIN_DELAY": "",
    }
    found = mistakes(monkeypatch, **{f"{name}_FILE": path for name, path in files.items()}, PORT="no")
    assert set(found) == {*files, "PORT"}
    assert "is empty" in found["KAFKA_PASSWORD"]
    assert "names no file" in found["DRAIN_DELAY"]


def test_a_value_given_by_itself_and_by_a_file_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(KEY)
    assert "given twice" in mistakes(monkeypatch, KEY_FILE=str(secret))["KEY"]


def test_what_looks_like_a_setting_and_is_none_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    slips = {
        "KAFKA_BOOTSTRAP_SERVER": "a:9092",
        "kafka_username": "anna",
        "KAFKA_ACKS": "1",
        "MONGO_URI": "mongodb://db",
        "MONGODB_URI_FILES": "/run/secrets/uri",
        "MONGODB_PORT": "27017",
        "LOGLEVEL": "DEBUG",
        "USER_FILE": "/etc/users.yaml",
        "PEOPLES_FILE": "/etc/people.yaml",
        "SHUTDOWN_TIME_OUT": "5",
    }
    found = mistakes(monkeypatch, **slips, PORT="no")
    assert set(found) == {*slips, "PORT"}
    assert "MONGODB_URI meant" in found["MONGO_URI"]
    assert "PEOPLE_FILE meant" in found["PEOPLES_FILE"]


def test_what_kubernetes_and_others_put_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        PUSH_REGISTRY_SERVICE_HOST="10.0.0.1",
        PUSH_REGISTRY_SERVICE_PORT="80",
        KAFKA_SERVICE_HOST="10.0.0.1",
        KAFKA_SERVICE_PORT_CLIENT="9092",
        KAFKA_PORT="tcp://10.0.0.1:9092",
        KAFKA_PORT_9092_TCP="tcp://10.0.0.1:9092",
        KAFKA_PORT_9092_TCP_ADDR="10.0.0.1",
        MONGODB_SERVICE_PORT="27017",
        MONGODB_PORT_27017_TCP_PROTO="tcp",
        HOSTNAME="push-registry-7d9f",
        HOME="/",
        USER="rollcall",
        LOGNAME="rollcall",
        SSL_CERT_FILE="/etc/ssl/cert.pem",
        KAFKA_HOME="/opt/kafka",
        IGNORED_VARIABLES="KAFKA_HOME,KAFKA_OPTS",
    )
    assert Settings.from_env().port == 8080


@pytest.mark.parametrize("key", ["", "short", "§" * 50, "a b " * 20, "/" * 40 + "!"])
def test_a_secret_that_is_none_is_refused_and_not_printed(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    found = mistakes(monkeypatch, KEY=key)
    assert set(found) == {"KEY"}
    assert not key or key not in found["KEY"]


def test_users_are_read_from_their_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(USERS)
    given(monkeypatch, USERS_FILE=str(file))
    users = Settings.from_env().users
    assert users
    assert users["anna"].roles == {"reader"}
    assert HASHED not in repr(users["anna"])


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "users: {}",
        "users: [{name: anna}]",
        "users: [{name: 'a:b', password_hash: '$argon2id$x'}]",
        "users: [{name: anna, password_hash: plain}]",
        USERS.replace("roles", "rolls"),
        "users: [{name: a, password_hash: '$argon2id$x'}, {name: a, password_hash: '$argon2id$x'}]",
    ],
)
def test_a_users_file_out_of_its_form_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(text)
    assert set(mistakes(monkeypatch, USERS_FILE=str(file))) == {"USERS_FILE"}


def test_an_empty_name_of_a_required_file_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOGUE_FILE", "")
    env = Env()
    assert env.yaml("CATALOGUE_FILE", UsersSchema()) is None
    with pytest.raises(SettingsError, match="CATALOGUE_FILE"):
        env.seal()


def test_issuers_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, OIDC_ISSUERS="one|a|https://one/jwks, two|b|https://two/jwks")
    assert [(one.issuer, one.audience) for one in Settings.from_env().issuers] == [("one", "a"), ("two", "b")]


def test_a_broken_file_is_located_and_not_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text("users:\n- {name: anna, password_hash: 'hush-hush}\n")
    found = mistakes(monkeypatch, USERS_FILE=str(file))
    assert "line 3" in found["USERS_FILE"]
    assert "hush" not in found["USERS_FILE"]
