"""Watching for effects, each as soon as it shows, and printing when that was."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from deploy.local.demo.calls import Surprise

LOOK_EVERY = 0.005


@dataclass(slots=True)
class Effect:
    """Something to be seen at a service. `look` says whether it is there, and what was seen instead or with it."""

    service: str
    what: str
    look: Callable[[], Awaitable[tuple[bool, str]]]
    last: str = "nothing yet"
    at: float | None = None

    def __str__(self) -> str:
        """As the story names what is missing."""
        return f"{self.service}: {self.what} (last seen: {self.last})"


async def watch(effects: Sequence[Effect], *, since: float, within: float) -> list[Effect]:
    """Print each effect when it is first seen, in milliseconds since `since`; returns those never seen."""
    tasks = [asyncio.create_task(_see(effect, since)) for effect in effects]
    _, late = await asyncio.wait(tasks, timeout=within)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [effect for effect in effects if effect.at is None]


async def _see(effect: Effect, since: float) -> None:
    while True:
        try:
            there, effect.last = await effect.look()
        except Surprise as surprise:
            there, effect.last = False, str(surprise)
        if there:
            effect.at = time.monotonic() - since
            line(effect.at, effect.service, f"{effect.what}: {effect.last}")
            return
        await asyncio.sleep(LOOK_EVERY)


def line(seconds: float, service: str, text: str) -> None:
    """One line of a timeline."""
    print(f"  {seconds * 1000:6.0f} ms  {service:<16} {text}", flush=True)
