"""The README's tour: its commands are run as they are printed, and answer as printed but for times and made-up ids."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.options import FIRST_PORT, NAMES
from deploy.local.service import REPOSITORY
from tests.support.polling import eventually
from tests.support.stacks import serving, variables_for

TOUR = (REPOSITORY / "README.md").read_text().partition("## A tour with curl")[2].partition("\n## ")[0]
STEP = re.compile(r"```sh\n(?P<command>.*?)```(?:\n```json\n(?P<answer>.*?)```)?", re.DOTALL)
MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}, 0|\d{4}-\d\d-\d\dT[\d:.]+Z|[\w-]{60,}")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="MongoDB and a broker come from pip on Linux only")
@pytest.mark.skipif(not shutil.which("curl"), reason="the tour needs curl")
@pytest.mark.timeout(180)
async def test_the_tour_answers_what_the_readme_prints(tmp_path: Path) -> None:
    variables = variables_for(tmp_path / "rollcall")
    steps = [*STEP.finditer(TOUR)]
    assert len(steps) > len(NAMES)
    async with serving(variables):
        before = ""
        for step in steps:
            command = with_ports(step["command"], int(variables["ROLLCALL_FIRST_PORT"]))
            if step["answer"] is None:
                before += command
                continue
            expected = settled(json.loads(step["answer"]))

            async def as_printed(command: str = before + command, expected: Any = expected) -> bool:
                answer = settled(json.loads(await shell(command)))
                assert answer == expected, command
                return True

            # A command that only reads may be asked until the events have arrived; any other has one try.
            await eventually(as_printed, within=0 if " -d " in step["command"] else 10)


def with_ports(command: str, first: int) -> str:
    """The command for a stack on other ports."""
    for n in range(len(NAMES)):
        command = command.replace(f"127.0.0.1:{FIRST_PORT + n}", f"127.0.0.1:{first + n}")
    return command


async def shell(command: str) -> bytes:
    """What the commands print."""
    running = await asyncio.create_subprocess_exec("bash", "-euc", command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await asyncio.wait_for(running.communicate(), 30)
    return printed


def settled(value: Any, name: str = "") -> Any:
    """The same value with what differs from run to run left out."""
    if isinstance(value, dict):
        return {key: settled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    if isinstance(value, str):
        return MADE_UP.sub("…", value)
    return "…" if name == "milliseconds" else value
