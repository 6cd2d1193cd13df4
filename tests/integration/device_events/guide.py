"""The guide's programs: each block of Python in libs/device_events/README.md is a file that its first line names."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.service import REPOSITORY
from tests.support.polling import eventually

PACKAGE = REPOSITORY / "libs" / "device_events"
_BLOCK = re.compile(r"```python\n# (?P<name>\w+\.py)\n(?P<text>.*?)```", re.DOTALL)


def programs() -> dict[str, str]:
    """Their texts by name. Every block of Python has a name of its own."""
    text = (PACKAGE / "README.md").read_text()
    blocks = {block["name"]: block["text"] for block in _BLOCK.finditer(text)}
    assert len(blocks) == text.count("```python")
    return blocks


@dataclass
class Program:
    """One that runs, and what it has printed so far."""

    name: str
    process: asyncio.subprocess.Process
    printed: str = ""
    ended: bool = False  # and all that it printed has been read

    async def listen(self) -> None:
        """Until it ends."""
        assert self.process.stdout
        async for line in self.process.stdout:
            self.printed += line.decode()
        await self.process.wait()
        self.ended = True

    async def says(self, *texts: str) -> None:
        """Wait until it has printed all of these; not for one that has ended without."""

        def said_or_ended() -> bool:
            return self.ended or not self._missing(texts)

        with contextlib.suppress(AssertionError):  # raised below, with more to say
            await eventually(said_or_ended, within=60)
        state = f"ended with {self.process.returncode}" if self.ended else "runs"
        missing = self._missing(texts)
        assert not missing, f"{self.name} ({state}) has not said {missing}, but: {self.printed}"

    def _missing(self, texts: Iterable[str]) -> list[str]:
        return [text for text in texts if text not in self.printed]


def unpack(folder: Path) -> None:
    """Write them all to this folder: once and first, as a program just starting would find its own file empty."""
    for file, text in programs().items():
        (folder / file).write_text(text)


@contextlib.asynccontextmanager
async def running(
    folder: Path, name: str, variables: Mapping[str, str], python: str = sys.executable, imports: str | None = None
) -> AsyncIterator[Program]:
    """The program, unpacked there, killed at the end. `imports` is where it finds packages beside its Python's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("KAFKA", "MONGODB", "PYTHON"))}
    process = await asyncio.create_subprocess_exec(
        *(python, name),
        cwd=folder,
        env={**kept, **variables, **({"PYTHONPATH": imports} if imports else {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(name, process)
    listening = asyncio.create_task(program.listen())
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await listening
