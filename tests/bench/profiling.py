"""Where push-registry spends its time, by cProfile: for PUTs and for status changes that wait in Kafka."""

import io
import pstats
from pathlib import Path

from tests.bench import puts, statuses
from tests.bench.announcements import Announcements
from tests.bench.puts import DEVICES
from tests.bench.world import World
from tests.bench.wrk import put

LINES = 40


async def report(world: World, *, seconds: float) -> str:
    """The functions that took most themselves, for both."""
    return "\n".join([await _of_puts(world, seconds), await _of_statuses(world)])


async def _of_puts(world: World, seconds: float) -> str:
    place, profile = await world.place("profiled"), world.folder / "puts.prof"
    async with world.registry(place, profile=profile) as registry:
        one = await puts.contestant(world, registry, Announcements(place))
        run = await put(one.url, one.authorization, connections=128, seconds=seconds, devices=DEVICES)
    return f"\n{run.answered:,} PUTs from 128 connections\n{_hot_spots(profile)}"


async def _of_statuses(world: World) -> str:
    profile = world.folder / "statuses.prof"
    await statuses.apply(world, profile=profile)
    return f"\n{statuses.COUNT:,} status changes\n{_hot_spots(profile)}"


def _hot_spots(profile: Path) -> str:
    text = io.StringIO()
    pstats.Stats(str(profile), stream=text).strip_dirs().sort_stats("tottime").print_stats(LINES)
    return text.getvalue()
