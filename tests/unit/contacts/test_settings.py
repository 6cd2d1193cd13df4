from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from chassis.settings import SettingsError
from contacts.settings import Field, Settings, key_ring
from tests.unit.contacts.builders import a_catalogue, a_list

KEY = "A" * 86  # 64 bytes


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("string", "x", True),
        ("string", 1, False),
        ("string", {}, False),
        ("integer", 1, True),
        ("integer", 1.0, False),
        ("integer", True, False),
        ("integer", "1", False),
        ("number", 1, True),
        ("number", 1.5, True),
        ("number", "1.5", False),
        ("boolean", False, True),
        ("boolean", 0, False),
        ("date", "2026-03-01", True),
        ("date", "2026-03-01T10:00:00+01:00", True),
        ("date", "first of March", False),
        ("date", 20260301, False),
        ("string", None, True),
        ("integer", [], False),
    ],
)
def test_a_value_fits_a_field_of_its_type(kind: str, value: Any, fits: bool) -> None:
    assert Field(id=1, name="F", type=kind).fits(value) is fits


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("integer", 123456, "123456"),
        ("integer", 7, "+007"),
        ("number", 1, "1.00"),
        ("number", 1.0, 1),
        ("number", 1e22, "1E+22"),
        ("number", 0, "-0.0"),
        ("boolean", True, "TRUE"),
        ("string", 123, "123"),
    ],
)
def test_equal_values_are_compared_by_the_same_text(kind: str, one: Any, other: Any) -> None:
    field = Field(id=1, name="F", type=kind)
    assert field.match_text(one) == field.match_text(other)


def test_numbers_of_many_digits_are_not_rounded_into_each_other() -> None:
    field = Field(id=1, name="F", type="number")
    assert field.match_text("12345678901234567890.1") != field.match_text("12345678901234567890.2")


@pytest.mark.parametrize("value", [None, "", {}, [], {"a": 1}])
def test_nothing_and_structures_match_nothing(value: Any) -> None:
    assert Field(id=1, name="F").match_text(value) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "123", 123),
        ("integer", "12x", "12x"),
        ("integer", str(2**63), str(2**63)),
        ("integer", "\u0663", "\u0663"),
        ("number", "1.5", 1.5),
        ("number", "NaN", "NaN"),
        ("boolean", "True", True),
        ("string", "123", "123"),
    ],
)
def test_a_text_of_the_query_becomes_a_value_of_the_fields_type(kind: str, text: str, value: Any) -> None:
    read = Field(id=1, name="F", type=kind).from_text(text)
    assert read == value
    assert type(read) is type(value)


def test_fields_have_their_place_in_the_list() -> None:
    fields = a_list().fields
    assert [(field.name, field.position) for field in fields.values()][:2] == [("Email", 1), ("ReferanceAccountId", 2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"onRegistered": ["SendNothing"]},
        {"onStatus": {"LOST": ["SendNothing"]}},
        {"onStatus": {"GONE": []}},
        {"runtime": "elsewhere"},
        {"id": "3"},
        {"id": -1},
        {"surprise": 1},
        {"fields": [{"id": 1, "name": "A"}, {"id": 2, "name": "A"}]},
        {"fields": [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]},
        {"fields": [{"id": 1, "name": "match"}]},
        {"fields": [{"id": 1, "name": "A,B"}]},
        {"fields": [{"id": 1, "name": "A", "type": "text"}]},
        {"fields": [{"id": 1, "name": "A", "type": "integer", "default": "x"}]},
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_catalogue(**changes)


def test_the_first_key_of_the_ring_stays_the_first() -> None:
    assert list(key_ring(f"k2:{KEY},\n k1:{KEY}")) == ["k2", "k1"]


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:", "k1:AAAA", f"k1:{KEY},k1:{KEY}", f"k!:{KEY}", f"k1:{KEY[:-1]}*", f"{'k' * 17}:{KEY}"]
)
def test_a_ring_that_cannot_be_used_is_refused_without_showing_a_key(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        key_ring(text)
    assert "AAAA" not in str(refused.value)


CATALOGUE = """
runtimes: [{name: myruntime}]
applications: [{id: myapp, runtime: myruntime}]
contactLists: [{id: 3, name: Demo, runtime: myruntime, fields: [{id: 1, name: Email, type: string, default: null}]}]
"""


def read(monkeypatch: pytest.MonkeyPatch, folder: Path, **changes: str) -> Settings:
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "keys").write_text(f"k2:{KEY}\nk1:{KEY}\n")
    env = {
        "MONGODB_URI": "mongodb://localhost",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "CATALOGUE_FILE": str(folder / "catalogue.yaml"),
        "ENC_CONTACT_ID_KEYS_FILE": str(folder / "keys"),
        "CONTACT_DIGEST_KEY": "A" * 43,
        **changes,
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def test_settings_come_from_the_environment_and_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(monkeypatch, tmp_path)
    assert list(settings.enc_contact_id_keys) == ["k2", "k1"]
    assert settings.catalogue.contact_lists[3].fields["Email"].default is None
    assert "enc_contact_id_keys" not in repr(settings)


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("k1:AAAA")
    with pytest.raises(SettingsError) as refused:
        read(
            monkeypatch,
            tmp_path,
            ENC_CONTACT_ID_KEYS_FILE=str(tmp_path / "short"),
            CONTACT_DIGEST_KEY="AAAA",
            CATALOGUE_FILE="/none",
        )
    assert [mistake.split(":")[0] for mistake in refused.value.mistakes] == [
        "CATALOGUE_FILE",
        "CONTACT_DIGEST_KEY",
        "ENC_CONTACT_ID_KEYS",
    ]
