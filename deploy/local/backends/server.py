"""What every server that we start has in common: its life, its log and its end."""

import asyncio
import os
import re
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.backends import leash
from deploy.local.backends.ports import LOOPBACK, free_port

READY_WITHIN = 60.0
STOPS_WITHIN = 15.0
LOG_TAIL = 15
COMPLAINT = re.compile(r"\b(ERROR|FATAL)\b|Exception\b|\"s\":\"[EF]\"")  # the last is mongod's
COMPLAINT_LINES = 5


class BackendError(Exception):
    """A server cannot be had on this machine, or did not start; the message says what to do about it."""


class Server(ABC):
    """One server process on the loopback interface, with its data in one folder and its log in another.

    The port stays the same over stop and start, so a test can take a server away and bring it back.
    """

    name: str

    def __init__(self, data: Path, logs: Path, *, port: int | None = None) -> None:
        """Take the folders as they are: data found there is served again."""
        self.data = data
        self.port = port or free_port()
        self.log = logs / f"{self.name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Host and port, as a client wants them."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The id of the running process, or none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def prepare(self) -> None:
        """Make whatever has to exist before the process starts."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that serves `data` on `port`."""

    def environment(self) -> Mapping[str, str] | None:
        """The variables that the process gets; None hands on our own."""
        return None

    @abstractmethod
    async def ready(self) -> bool:
        """Whether a client would be served now."""

    async def start(self) -> Self:
        """Start the process and return once it serves; what it printed is quoted if it does not."""
        await self.prepare()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.command()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,  # Ctrl-C is for the starter, which stops its servers in order
            )
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await self.ready():
                    if self.pid is None:
                        raise BackendError(f"{self.name} ended with {self._process.returncode}: {self.last_words()}")
                    await asyncio.sleep(0.05)
        except BaseException as failure:
            await self.kill()
            if isinstance(failure, TimeoutError):
                raise BackendError(f"{self.name} did not answer in {READY_WITHIN:.0f} s: {self.last_words()}") from None
            raise
        return self

    async def ended(self) -> int:
        """Wait until the process ends by itself, and tell how."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Ask the process to end and wait for it; a process that does not listen is killed."""
        if not await self._end(signal.SIGTERM, STOPS_WITHIN):
            await self.kill()

    async def kill(self) -> None:
        """End the process as a power cut would."""
        await self._end(signal.SIGKILL, STOPS_WITHIN)

    async def _end(self, how: signal.Signals, within: float) -> bool:
        if self._process is None:
            return True
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(how)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), within)
        return self._process.returncode is not None

    def last_words(self) -> str:
        """The first complaint in the log and its end, for whoever has to find out why."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        before, tail = lines[:-LOG_TAIL], lines[-LOG_TAIL:]
        # A server that shuts down in order says a lot after what made it do so.
        complaint = next((n for n, line in enumerate(before) if COMPLAINT.search(line)), None)
        said = before[complaint : complaint + COMPLAINT_LINES] if complaint is not None else []
        return "\n".join([*said, *tail]) or "it printed nothing"

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
