"""Settings from the environment: typed, from files too, every mistake at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from marshmallow.validate import Range

from device_events import KafkaConnection
from device_events.handlers import SettingsError, setting
from device_events.handlers.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Shop:
    url: str
    workers: int = setting(4, validate=Range(1, 8))
    pause: float = 0.5
    eager: bool = False
    key: str | None = setting(None, secret=True)
    regions: Sequence[str] = ()

    def mistakes(self) -> Mapping[str, str]:
        return {"key": "is needed for https"} if self.url.startswith("https") and not self.key else {}


def read(**variables: str) -> Shop:
    env = Environment({f"SHOP_{name.upper()}": value for name, value in variables.items()})
    shop = env.read(Shop, prefix="SHOP_")
    env.seal()
    assert shop is not None
    return shop


def mistakes(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read(**variables)
    return refused.value.mistakes


def test_fields_are_read_by_their_types() -> None:
    shop = read(url="http://shop", workers="2", pause="1.5", eager="true", regions="eu, us")
    assert (shop.workers, shop.pause, shop.eager, shop.key, shop.regions) == (2, 1.5, True, None, ("eu", "us"))


def test_what_is_not_given_or_empty_has_its_default() -> None:
    assert read(url="http://shop", workers="", key="") == Shop(url="http://shop")


def test_every_mistake_is_reported_at_once() -> None:
    found = mistakes(workers="many", pause="nan", eager="perhaps")
    assert [one.split(":")[0] for one in found] == ["SHOP_EAGER", "SHOP_PAUSE", "SHOP_URL", "SHOP_WORKERS"]


def test_what_is_out_of_range_or_wrong_together_is_a_mistake() -> None:
    assert mistakes(url="http://shop", workers="9")[0].startswith("SHOP_WORKERS: ")
    assert mistakes(url="https://shop") == ["SHOP_KEY: is needed for https"]


def test_a_secret_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    shop = read(url="https://shop", key_file=str(tmp_path / "key"))
    assert shop.key == "s3cret"
    assert "s3cret" not in repr(shop)


def test_a_file_that_cannot_hold_the_value_is_a_mistake_among_others(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    found = mistakes(url_file=str(tmp_path / "gone"), workers="0", key="k", key_file=str(tmp_path / "empty"))
    assert [one.split(":")[0] for one in found] == ["SHOP_KEY", "SHOP_URL", "SHOP_WORKERS"]
    assert mistakes(url_file=str(tmp_path / "empty")) == ["SHOP_URL: the file that SHOP_URL_FILE names is empty"]


def test_a_name_that_looks_like_a_setting_and_is_none_is_a_mistake_unless_it_is_to_be_ignored() -> None:
    env = Environment({"SHOP_URL": "u", "SHOP_WORKER": "3", "SHOP_DOOR": "x", "SHOP_OTHER": "y", "PATH": "/bin"})
    env.read(Shop, prefix="SHOP_")
    env.refuse_unknown(["SHOP_OTHER"])
    with pytest.raises(SettingsError) as refused:
        env.seal()
    assert refused.value.mistakes == [
        "SHOP_DOOR: no such setting",
        "SHOP_WORKER: no such setting; is SHOP_WORKERS meant?",
    ]


def test_how_to_log_in_to_kafka_is_read_as_the_services_read_it() -> None:
    env = Environment({"KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2", "KAFKA_IDEMPOTENT": "false", "KAFKA_USERNAME": "me"})
    assert env.read(KafkaConnection, prefix="KAFKA_") is None
    with pytest.raises(SettingsError, match="KAFKA_USERNAME: is never sent over PLAINTEXT"):
        env.seal()
    told = Environment({"KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2", "KAFKA_IDEMPOTENT": "false"})
    kafka = told.read(KafkaConnection, prefix="KAFKA_")
    assert kafka == KafkaConnection(bootstrap_servers=("a:1", "b:2"), idempotent=False)
