"""device_events by itself: its wheel, in an empty environment, brings a running stack's LOST to the first program."""

import asyncio
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.integration.device_events import guide
from tests.integration.device_events.guide import PACKAGE
from tests.support.stacks import serving, variables_for

INSTALLS_WITHIN = 150.0  # seconds


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="MongoDB and a broker come from pip on Linux only")
@pytest.mark.timeout(300)
async def test_the_first_program_receives_the_demos_lost_from_the_wheel_alone(tmp_path: Path) -> None:
    # The folder is the package itself: it is built from a copy, which the build may fill.
    source = tmp_path / "device_events"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    await ran(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(source))
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"device_events/{file.relative_to(PACKAGE)}" for file in PACKAGE.rglob("*.py")} <= names
    assert "device_events/py.typed" in names
    await ran(sys.executable, "-m", "venv", str(tmp_path / "empty"))
    python = str(tmp_path / "empty" / "bin" / "python")
    await ran(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    installed = await ran(python, "-m", "pip", "list", "--format", "freeze")
    assert {"aiohttp", "pymongo", "structlog"} & {line.split("==")[0] for line in installed.splitlines()} == set()
    folder = tmp_path / "mine"
    folder.mkdir()
    guide.unpack(folder)
    async with serving(variables_for(tmp_path / "rollcall")) as (_, record):
        variables = {"KAFKA_BOOTSTRAP_SERVERS": record["kafka_bootstrap_servers"]}
        async with guide.running(folder, "first.py", variables, python=python) as program:
            await program.says("ACTIVE", "LOST", "demo-")


async def ran(*command: str) -> str:
    """What the command printed. Raises AssertionError with it if it failed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await asyncio.wait_for(process.communicate(), INSTALLS_WITHIN)
    assert process.returncode == 0, printed.decode()
    return printed.decode()
