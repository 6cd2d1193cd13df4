"""Commits: a member writes down at the brokers how far its group has come, one commit after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from device_events.points import reached
from device_events.tasks import within
from device_events.window import Window

log = logging.getLogger(__name__)
LIMIT = 5.0  # seconds for one; with `limits.stop` still less than the group's rebalance timeout


class Commits:
    """Those of one member of a group; without a group nothing is written down."""

    def __init__(self, group: str | None, keep: Callable[[], Awaitable[bool]]) -> None:
        """`keep` is awaited before offsets are written down: it stores what goes with them, and says whether it did."""
        self._group = group
        self._keep = keep
        self._lock = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None

    async def soon(self, consumer: AIOKafkaConsumer, windows: Mapping[TopicPartition, Window]) -> bool:
        """Commit beside the work; whether one has begun. Raises what the last one has raised."""
        if (last := self._running) is not None:
            if not last.done():
                return False
            self._running = None
            last.result()
        self._running = asyncio.create_task(self.commit(consumer, windows))
        return True

    async def commit(self, consumer: AIOKafkaConsumer, windows: Mapping[TopicPartition, Window]) -> None:
        """Commit what is settled in these windows, behind a commit under way. Raises what `keep` raises."""
        async with self._lock:
            offsets = {tp: offset for tp, window in windows.items() if (offset := window.to_commit()) is not None}
            if not offsets:
                return
            if not await self._keep() or self._group is None:
                return
            reached("before-offset-commit")
            try:
                await within(LIMIT, consumer.commit(offsets))
            except (KafkaError, TimeoutError) as error:
                # The partition is another member's now, or Kafka is away: what is uncommitted comes again.
                log.info("offset_commit_refused", extra={"group": self._group, "error": type(error).__name__})
                return
            for partition, offset in offsets.items():
                if (window := windows.get(partition)) is not None:  # one with nothing left in it is false
                    window.committed(offset)
