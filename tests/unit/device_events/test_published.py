"""The published contract: the committed files are what the code says, and code that breaks them is refused."""

import json
import tomllib
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any, cast

import pytest
from marshmallow import fields

from device_events import catalog, payloads
from device_events.catalog import CATALOG, EventType
from device_events.contract.__main__ import main
from device_events.contract.compatibility import ADVICE
from device_events.contract.golden import GOLDEN
from device_events.contract.published import EVERYTHING, FOLDER, broken, files, text

CHANGED = catalog.DEVICE_STATUS_CHANGED


def test_no_published_version_is_broken() -> None:
    assert not (found := list(broken())), "\n".join([*found, "", ADVICE])


@pytest.mark.parametrize("name", files())
def test_a_file_is_what_the_code_says(name: str) -> None:
    file = FOLDER / name
    committed = file.read_text(encoding="utf-8") if file.exists() else ""
    assert committed == text(files()[name]), "run `make schemas`, then commit"


def test_there_is_a_schema_and_a_golden_record_of_each_type_and_no_other() -> None:
    assert {file.name for file in FOLDER.glob("*.json")} == {*files()}
    assert {file.stem for file in GOLDEN.glob("*.json")} == {*CATALOG}, "write the golden record of a new type by hand"


def test_the_files_are_in_the_wheel_under_its_version() -> None:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["device_events"]
    packed = {file for pattern in patterns for file in FOLDER.parent.glob(pattern)}
    assert {*FOLDER.glob("*.json"), *GOLDEN.glob("*.json")} <= packed
    assert project["project"]["version"] == EVERYTHING.version


class WithoutReason(payloads.DevicePayload):
    """A status change that no longer says why."""

    status = fields.String(required=True)
    previous = fields.String()
    transactionId = fields.Integer(strict=True)


class WithMore(payloads.StatusChanged):
    """A status change that says a little more."""

    by = fields.String(metadata={"description": "Who did it."})


def with_payload(payload: type[Any]) -> dict[str, EventType]:
    """The catalogue with another payload for one type."""
    kind = CATALOG[CHANGED]
    return {**CATALOG, CHANGED: EventType(kind.name, payload, kind.topics, kind.when)}


def test_a_payload_that_lost_a_field_and_its_limits_is_told_so() -> None:
    assert list(broken(catalog=with_payload(WithoutReason))) == [
        f"{CHANGED}: status: takes any value, and readers were promised ACTIVE, LOST, STOLEN, EXPIRED, DISABLED",
        f"{CHANGED}: previous: takes any value, and readers were promised ACTIVE, LOST, STOLEN, EXPIRED, DISABLED",
        f"{CHANGED}: reason: is gone",
    ]


def test_a_payload_that_gained_an_optional_field_is_not() -> None:
    assert list(broken(catalog=with_payload(WithMore))) == []


def test_a_type_that_left_the_catalogue_is_told_so() -> None:
    without = copy(dict(CATALOG))
    del without[CHANGED]
    assert f"{CHANGED}: is gone from the catalogue" in list(broken(catalog=without))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files as they are published, to be changed."""
    for name, content in files().items():
        (tmp_path / name).write_text(text(content), encoding="utf-8")
    return tmp_path


def as_if_published(folder: Path, change: Any) -> None:
    """Change the published schema of one type."""
    file = folder / f"{CHANGED}.json"
    schema = json.loads(file.read_text())
    change(schema)
    file.write_text(json.dumps(schema))


def test_the_writer_adds_what_is_new(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / f"{catalog.PUSH_SEEN}.json").unlink()
    as_if_published(folder, lambda schema: schema["properties"].pop("previous"))
    assert main(folder) == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {CHANGED}.json", f"wrote {catalog.PUSH_SEEN}.json"]
    assert list(contents(folder)) == [text(content) for _, content in sorted(files().items())]
    assert main(folder) == 0
    assert capsys.readouterr().out == ""


def test_the_writer_refuses_to_break_a_reader_and_says_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    as_if_published(folder, lambda schema: schema["properties"].update(nickname={"type": "string"}))
    (folder / f"{catalog.PUSH_SEEN}.json").unlink()
    before = list(contents(folder))
    assert main(folder) == 1
    assert list(contents(folder)) == before, "nothing is written"
    said = capsys.readouterr().err
    assert f"{CHANGED}: nickname: is gone" in said
    assert ".v2" in said
    assert "both for as long as anybody reads the old one" in said


def test_the_writer_asks_for_the_golden_record_of_a_new_type(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast("dict[str, EventType]", CATALOG), "rollcall.thing.happened.v1", CATALOG[CHANGED])
    assert main(folder) == 1
    assert "rollcall.thing.happened.v1: has no golden record" in capsys.readouterr().err


def test_headers_topics_and_golden_records_are_published_too(folder: Path) -> None:
    document = json.loads((folder / "asyncapi.json").read_text())
    document["components"]["schemas"]["cloud-event"]["properties"]["ce_mood"] = {"type": "string"}
    document["channels"]["rollcall.moods"] = {"address": "rollcall.moods", "messages": {}}
    document["components"]["messages"][CHANGED]["examples"][0]["payload"]["status"] = "STOLEN"
    (folder / "asyncapi.json").write_text(json.dumps(document))
    assert list(broken(folder)) == [
        "headers of every event: ce_mood: is gone",
        "topic rollcall.moods: is gone",
        f"{CHANGED}: its golden record has changed, and what was published once is read for ever",
    ]


def contents(folder: Path) -> Iterator[str]:
    """The texts of the files by their names."""
    return (file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
