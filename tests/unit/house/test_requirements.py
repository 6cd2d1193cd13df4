"""The requirements files hold exact versions with their digests, and no address of any machine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"]
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>\S+)( ; .+)? \\$")
DIGEST = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(file: str) -> dict[str, str]:
    """The version of every package in the file."""
    found = (PIN.match(line) for line in (ROOT / file).read_text().splitlines())
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("file", FILES)
def test_no_address_and_no_option(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]


@pytest.mark.parametrize("file", FILES)
def test_every_line_is_a_pin_or_its_digest_and_every_pin_has_one(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    assert lines
    assert not [line for line in lines if not PIN.match(line) and not DIGEST.match(line)]
    after_pins = [lines[at + 1] if at + 1 < len(lines) else "" for at, line in enumerate(lines) if PIN.match(line)]
    assert all(DIGEST.match(line) for line in after_pins)


def test_the_files_agree_on_every_version() -> None:
    runtime, local, dev = (pins(file).items() for file in FILES)
    assert runtime <= local <= dev
