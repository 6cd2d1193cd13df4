"""A local stack's record gives what the environment does not."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from rollcall.cli import main
from rollcall.outcome import Misused
from rollcall.stack import use_stack


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command sets them up for a process of its own, which others of this run are not."""
    configured, kafka = structlog.get_config(), logging.getLogger("aiokafka")
    level = kafka.level
    yield
    structlog.configure(**configured)
    kafka.setLevel(level)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    variables = {"MONGODB_DATABASE": "theirs", "DEVICE_ADMIN_PASSWORD": "theirs", "CATALOGUE_FILE": "theirs"}
    file.write_text(json.dumps({"variables": variables}))
    return file


def test_the_environment_goes_first_also_by_a_file(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # monkeypatch puts the environment back as it was, with what the record has put into it.
    monkeypatch.setattr(os, "environ", {"MONGODB_DATABASE": "ours", "DEVICE_ADMIN_PASSWORD_FILE": "ours"})
    use_stack(record)
    assert os.environ == {
        "MONGODB_DATABASE": "ours",
        "DEVICE_ADMIN_PASSWORD_FILE": "ours",
        "CATALOGUE_FILE": "theirs",
    }


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"variables": 1}'])
def test_what_is_no_record_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(Misused, match="is no record of a local stack"):
        use_stack(tmp_path / "odd.json")


def test_a_stack_that_does_not_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outbox", "--stack", str(tmp_path / "stack.json")]) == 2
    assert "while `make run` serves" in capsys.readouterr().err
