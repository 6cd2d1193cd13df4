"""What is quoted of a server that did not start: why, though much was said afterwards."""

from pathlib import Path

import pytest

from deploy.local.backends import Mongod
from deploy.local.backends.server import LOG_TAIL

AFTERWARDS = [f"INFO closing part {number}" for number in range(100)]


@pytest.mark.parametrize(
    "complaint",
    [
        "2026-11-22 ERROR [KafkaServer] Exiting due to an exception",
        "java.net.BindException: Address already in use",
        '{"t":1,"s":"E","c":"CONTROL","msg":"Failed to set up listener"}',
    ],
)
def test_the_first_complaint_stands_before_the_end(tmp_path: Path, complaint: str) -> None:
    server = Mongod(tmp_path / "data", tmp_path)
    server.log.write_text("\n".join(["INFO starting", complaint, *AFTERWARDS]))
    said = server.last_words().splitlines()
    assert said[0] == complaint
    assert said[-LOG_TAIL:] == AFTERWARDS[-LOG_TAIL:]


def test_without_a_complaint_it_is_the_end_alone(tmp_path: Path) -> None:
    server = Mongod(tmp_path / "data", tmp_path)
    server.log.write_text("\n".join(AFTERWARDS))
    assert server.last_words().splitlines() == AFTERWARDS[-LOG_TAIL:]


def test_a_server_that_printed_nothing_is_said_to_have(tmp_path: Path) -> None:
    assert Mongod(tmp_path / "data", tmp_path).last_words() == "it printed nothing"
