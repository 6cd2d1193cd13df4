"""Every Dockerfile is as hadolint wants it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HADOLINT = Path(sys.executable).with_name("hadolint")
DOCKERFILES = [path for path in (ROOT / "deploy/docker").rglob("*Dockerfile") if path.is_file()]

pytestmark = pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint comes from pip for Linux on x86-64 only")


def hadolint(text: str) -> tuple[int, str]:
    """Its exit status and its findings."""
    ran = subprocess.run(
        [HADOLINT, "--no-color", "-"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_finds_nothing(path: Path) -> None:
    assert hadolint(path.read_text()) == (0, "")


def test_it_would_find_what_is_wrong() -> None:
    status, findings = hadolint("FROM python\nRUN pip install aiohttp\n")
    assert status == 1
    assert "DL3006" in findings
    assert "DL3013" in findings
