"""What of the chart is made from something else is up to date, and the files of its Secret are what services read."""

import stat
from pathlib import Path

import pytest
import yaml
from marshmallow import ValidationError

from chassis.passwords import HASHER
from chassis.users import UsersSchema
from deploy.helm import secrets
from deploy.helm.__main__ import made
from deploy.helm.table import values_table


def test_what_is_made_is_up_to_date() -> None:
    for path, text in made().items():
        assert path.read_text() == text, f"{path.name}: python -m deploy.helm"


def test_the_table_has_a_row_for_each_value() -> None:
    values = (
        "# -- One.\na: 1\nb:\n  c: x\n  # -- Two | three.\n  d: {e: []}\n# -- All.\nf:\n  # -- Some.\n  g: ''\n  h: 2\n"
    )
    assert values_table(values).splitlines()[2:] == [
        "| `a` | `1` | One. |",
        "| `b.c` | `x` |  |",
        "| `b.d` | `{e: []}` | Two &#124; three. |",
        "| `f` | `{g: '', h: 2}` | All. |",
        "| `f.g` | `''` | Some. |",
        "| `f.h` | `2` |  |",
    ]


def test_keys_stay_and_passwords_change_only_for_who_is_named(tmp_path: Path) -> None:
    first = secrets.write(tmp_path, {"alice": "mfpadmin", "bob": "contacts:write:3,contacts:read:3"}, {"app": "a,b"})
    keys = {name: (tmp_path / name).read_text() for name in secrets.KEYS}
    second = secrets.write(tmp_path, {"alice": "mfpmonitor"}, {})
    assert set(first) == {"alice", "bob", "app"}
    assert set(second) == {"alice"}
    assert {name: (tmp_path / name).read_text() for name in secrets.KEYS} == keys
    users = UsersSchema().load(yaml.safe_load((tmp_path / "users.yaml").read_text()))
    assert HASHER.verify(users["alice"].password_hash, second["alice"])
    assert HASHER.verify(users["bob"].password_hash, first["bob"])
    assert users["alice"].roles == {"mfpmonitor"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_who_cannot_be_as_given_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        secrets.write(tmp_path, {"a:b": "mfpadmin"}, {})
    assert list(tmp_path.iterdir()) == []
