"""What the person at the terminal sees while it happens, with the seconds since the start."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

STILL_EVERY = 5.0


class Progress:
    """Prints lines with the time passed; silence longer than a few seconds is explained."""

    def __init__(self) -> None:
        """Count from now."""
        self.started = time.monotonic()

    def say(self, text: str) -> None:
        """One step, done or begun."""
        with suppress(OSError):  # the terminal may be gone while there is still something to stop
            print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    @asynccontextmanager
    async def explaining(self, missing: Callable[[], str]) -> AsyncIterator[None]:
        """While inside, say every few seconds what is still waited for."""
        task = asyncio.create_task(self._explain(missing))
        try:
            yield
        finally:
            task.cancel()

    async def _explain(self, missing: Callable[[], str]) -> None:
        while True:
            await asyncio.sleep(STILL_EVERY)
            if waiting := missing():
                self.say(f"still waiting for {waiting}")
