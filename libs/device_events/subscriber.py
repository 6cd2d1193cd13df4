"""Subscriber: runs a handler for each event of some topics, as one member of a consumer group.

At least once: an offset is committed only after the handler has succeeded (or the event was dead-lettered and that
was acknowledged), so a handler sees an event again after a crash and must bear it. Events of one key are handled in
order, different keys side by side.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from device_events.connection import KafkaConnection
from device_events.event import Event
from device_events.points import reached
from device_events.publisher import Publisher
from device_events.settlement import Settlement, SubscriberLimits
from device_events.tasks import end, within
from device_events.window import Key, Window

log = logging.getLogger(__name__)
Handler = Callable[[Event], Awaitable[None]]
START_BACKOFF = 1.0  # seconds between tries to reach Kafka
REACH = 3.0  # seconds within which a broker that is there answers
COMMIT_LIMIT = 5.0  # seconds; with `limits.stop` still less than the group's rebalance timeout


class Subscriber:
    """One member of a consumer group. `run()` returns only after `stop()`; use one instance once."""

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        group: str,
        topics: Sequence[str],
        handlers: Mapping[str, Handler],
        limits: SubscriberLimits | None = None,
    ) -> None:
        """`handlers` maps event types to handlers; other types are skipped and counted.

        A handler raises Rejected for an event at fault, Away while a backend is away (waited for, however long);
        any other exception is retried with backoff, then dead-lettered if other events succeed meanwhile.
        """
        self.group = group
        self.topics = tuple(topics)
        self.limits = limits or SubscriberLimits()
        self._connection = connection
        self._publisher = Publisher(connection)
        self.settlement = Settlement(group, handlers, self._publisher, self.limits)
        self._consumer: AIOKafkaConsumer | None = None
        self._windows: dict[TopicPartition, Window] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._commit_lock = asyncio.Lock()
        self.degraded = True  # until the group has been joined

    async def run(self) -> None:
        """Consume until `stop()`. An absent broker is waited for; a broken consumer is replaced."""
        while not self._stopping.is_set():
            try:
                async with self._joined() as consumer:
                    await self._until_stopped(self._consume(consumer))
            except Exception as error:
                # Whatever it was, a member that has silently ended would leave its partitions unread.
                away = isinstance(error, KafkaError | OSError | TimeoutError)
                self.degraded = True
                told = {
                    "group": self.group,
                    "error": type(error).__name__,
                    "reason": await self._connection.refusal() if away else None,
                }
                log.warning("subscriber_disconnected", exc_info=None if away else error, extra=told)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), START_BACKOFF)
        await self._publisher.stop()

    def stop(self) -> None:
        """Ask `run()` to finish what is in hand, commit, leave the group and return."""
        self._stopping.set()

    async def lag(self) -> int | None:
        """How many records of its partitions this member has not settled yet; None while that is not known.

        It asks the brokers, and so finds out whether they answer: `degraded` is set by it.
        """
        consumer = self._consumer
        if consumer is None:
            return None
        assigned = consumer.assignment()
        try:
            ends = await within(REACH, consumer.end_offsets(list(assigned) or self._partitions(consumer)))
        except (KafkaError, OSError, TimeoutError):
            self.degraded = True
            raise
        self.degraded = False
        total = 0
        for partition in assigned:
            window = self._windows.get(partition)
            settled = window.position if window else await within(REACH, consumer.position(partition))
            # Tansu counts a batch of records as one in the ends it reports; what has been read is known better.
            total += max(ends[partition] - (settled or 0), len(window) if window else 0)
        return total if assigned else None

    async def has_reached(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether the whole group has committed up to these offsets. False while the group is not joined."""
        consumer = self._consumer
        if consumer is None:
            return False
        for partition, offset in ends.items():
            if offset > 0 and (await within(REACH, consumer.committed(partition)) or 0) < offset:
                return False
        return True

    async def ends(self, topic: str) -> dict[TopicPartition, int] | None:
        """The end offsets of a topic's partitions that hold records, as of now; None while not joined."""
        consumer = self._consumer
        if consumer is None:
            return None
        partitions = self._partitions(consumer, topic)
        if not partitions:
            return None
        firsts = await within(REACH, consumer.beginning_offsets(partitions))
        ends = await within(REACH, consumer.end_offsets(partitions))
        return {partition: end for partition, end in ends.items() if end > firsts[partition]}

    def _partitions(self, consumer: AIOKafkaConsumer, *topics: str) -> list[TopicPartition]:
        names = [self._connection.name(topic) for topic in topics or self.topics]
        return [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name) or ()]

    async def _until_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work to its end or to `stop()`: aiokafka waits without end for a group that cannot be joined."""
        tasks = [asyncio.create_task(work), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(*tasks)
        if not tasks[0].cancelled():
            tasks[0].result()

    @contextlib.asynccontextmanager
    async def _joined(self) -> AsyncIterator[AIOKafkaConsumer]:
        name = self._connection.name
        consumer = self._connection.consumer(name(self.group))
        consumer.subscribe(topics=[name(topic) for topic in self.topics], listener=_Rebalance(self._revoke))
        try:
            await self._until_stopped(consumer.start())
            self._consumer = consumer
            self.degraded = False
            yield consumer
        finally:
            await self._revoke(list(self._windows))
            self._consumer = None
            with contextlib.suppress(TimeoutError, KafkaError, OSError):
                await within(COMMIT_LIMIT, _close(consumer))

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        # Polling goes on while handlers run, so no batch is ever too slow for the broker's poll interval.
        while not self._stopping.is_set():
            self._hold_full_windows(consumer)
            batches = await consumer.getmany(timeout_ms=self.limits.poll_ms, max_records=self.limits.poll_records)
            for partition, records in batches.items():
                window = self._windows.setdefault(partition, Window())
                for key in window.add(records):
                    self._start(window, key)
            await self._commit(consumer, self._windows)

    def _hold_full_windows(self, consumer: AIOKafkaConsumer) -> None:
        assigned = consumer.assignment()
        full = {tp for tp, window in self._windows.items() if self._is_full(window) and tp in assigned}
        consumer.pause(*full)
        consumer.resume(*(consumer.paused() - full))

    def _is_full(self, window: Window) -> bool:
        return len(window) >= self.limits.window or window.bytes >= self.limits.window_bytes

    def _start(self, window: Window, key: Key) -> None:
        task = asyncio.create_task(self._run_chain(window, key))
        window.tasks.add(task)
        task.add_done_callback(window.tasks.discard)

    async def _run_chain(self, window: Window, key: Key) -> None:
        while not window.closed and (chain := window.chains.get(key)):
            if await self.settlement.settle(chain[0], window):
                window.settle(key)

    async def _commit(self, consumer: AIOKafkaConsumer, windows: Mapping[TopicPartition, Window]) -> None:
        async with self._commit_lock:
            offsets = {tp: offset for tp, window in windows.items() if (offset := window.to_commit()) is not None}
            if not offsets:
                return
            reached("before-offset-commit")
            try:
                await within(COMMIT_LIMIT, consumer.commit(offsets))
            except (KafkaError, TimeoutError) as error:
                # The partition is another member's now, or Kafka is away: what is uncommitted comes again.
                log.info("offset_commit_refused", extra={"group": self.group, "error": type(error).__name__})
                return
            for partition, offset in offsets.items():
                if window := windows.get(partition):
                    window.committed(offset)

    async def _revoke(self, partitions: Collection[TopicPartition]) -> None:
        """Before partitions go: let the handlers in hand finish, begin no new ones, commit."""
        leaving = {tp: window for tp in partitions if (window := self._windows.pop(tp, None)) is not None}
        for window in leaving.values():
            window.close()
        tasks = [task for window in leaving.values() for task in window.tasks]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.limits.stop)
            await end(*late)
        if self._consumer is not None:
            await self._commit(self._consumer, leaving)


async def _close(consumer: AIOKafkaConsumer) -> None:
    try:
        await consumer.stop()
    finally:
        # While Kafka is away its fetcher ends stop() half-way, with the connections still open.
        await consumer._client.close()


class _Rebalance(ConsumerRebalanceListener):
    def __init__(self, revoke: Callable[[Collection[TopicPartition]], Awaitable[None]]) -> None:
        self._revoke = revoke

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._revoke(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Nothing to prepare: windows are made as records arrive."""
