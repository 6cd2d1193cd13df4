"""Subscriber: runs a handler for each event of some topics, as one member of a consumer group.

At least once: an offset is committed only after the handler has succeeded (or the event was dead-lettered and that
was acknowledged), so a handler sees an event again after a crash and must bear it. Events of one key are handled in
order, different keys side by side.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from device_events.closing import close
from device_events.commits import Commits
from device_events.connection import KafkaConnection
from device_events.errors import Rejected
from device_events.event import Event
from device_events.intake import Intake, RawIntake
from device_events.progress import filled_ends, has_committed, partitions, unsettled
from device_events.publisher import Publisher
from device_events.rebalance import Rebalance
from device_events.settlement import Settlement, SubscriberLimits
from device_events.starts import BEGINNING, Start
from device_events.tasks import end, until
from device_events.window import Record, Window
from device_events.workers import Workers

log = logging.getLogger(__name__)
Handler = Callable[[Event], Awaitable[None]]
START_BACKOFF = 1.0  # seconds between tries to reach Kafka
# At a stop, for a start in hand: aiokafka leaves open a connection that it is cancelled in making.
START_GRACE = 1.0
CLOSE_LIMIT = 5.0  # seconds in which the group is left and connections end


class Subscriber:
    """One member of a consumer group. `run()` returns only after `stop()`; use one instance once."""

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        group: str | None,
        topics: Sequence[str],
        handlers: Mapping[str, Handler] | Intake,
        limits: SubscriberLimits | None = None,
        start: Start = BEGINNING,
        dead_letters: bool = True,
        feed: Callable[[Window], None] | None = None,
    ) -> None:
        """`handlers` maps event types to handlers; other types are skipped and counted.

        A handler raises Rejected for an event at fault, Away while a backend is away (waited for, however long);
        any other exception is retried with backoff, then dead-lettered if other events succeed meanwhile.
        Without a group it reads all partitions by itself, from `start`, and commits nothing. `start` is where a new
        group begins. Without `dead_letters`, `run()` raises what it would have dead-lettered. `feed`, if given, is
        told of each window that has records queued, instead of workers that settle them.
        """
        self.group = group
        self.topics = tuple(topics)
        self.limits = limits or SubscriberLimits()
        self._connection = connection
        self._publisher = Publisher(connection)
        intake = RawIntake(handlers) if isinstance(handlers, Mapping) else handlers
        self.settlement = Settlement(group, intake, self._publisher, self.limits, dead_letters=dead_letters)
        self._feed = feed or self._work
        self._start = start
        self._unplaced: set[TopicPartition] = set()  # assigned, and where to begin not found out yet
        self._failure: BaseException | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._windows: dict[TopicPartition, Window] = {}
        self._stopping = asyncio.Event()
        self._commits = Commits(group, intake.keep)
        self.degraded = True  # until the group has been joined
        self.joined = asyncio.Event()  # it has its partitions, and knows where to begin in each

    async def run(self) -> None:
        """Consume until `stop()`. An absent broker is waited for; a broken consumer is replaced."""
        while not self._stopping.is_set():
            try:
                async with self._joined() as consumer:
                    await until(self._stopping, self._consume(consumer))
            except Rejected:
                await self._publisher.stop()
                raise
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
        if (consumer := self._consumer) is None:
            return None
        try:
            total = await unsettled(consumer, self._windows, partitions(consumer, self._names(*self.topics)))
        except (KafkaError, OSError, TimeoutError):
            self.degraded = True
            raise
        self.degraded = False
        return total

    async def has_reached(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether the whole group has committed up to these offsets. False while the group is not joined."""
        return self._consumer is not None and await has_committed(self._consumer, ends)

    async def ends(self, topic: str) -> dict[TopicPartition, int] | None:
        """The end offsets of a topic's partitions that hold records, as of now; None while not joined."""
        if (consumer := self._consumer) is None:
            return None
        return await filled_ends(consumer, partitions(consumer, self._names(topic)))

    def _names(self, *topics: str) -> list[str]:
        return [self._connection.name(topic) for topic in topics]

    @contextlib.asynccontextmanager
    async def _joined(self) -> AsyncIterator[AIOKafkaConsumer]:
        name = self._connection.name
        consumer = self._connection.consumer(None if self.group is None else name(self.group))
        listener = Rebalance(self._revoke, self._assign)
        consumer.subscribe(topics=self._names(*self.topics), listener=listener)
        try:
            await until(self._stopping, consumer.start(), grace=START_GRACE)
            if self.group is None:
                self._assign(consumer.assignment())
            self._consumer = consumer
            self.degraded = False
            yield consumer
        finally:
            await self._revoke(list(self._windows))
            self._consumer = None
            await close(consumer, limit=CLOSE_LIMIT)

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        # Polling goes on while handlers run, so no batch is ever too slow for the broker's poll interval.
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._stopping.is_set():
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self._unplaced:
                await self._place(consumer)
            self._hold_full_windows(consumer)
            batches = await consumer.getmany(timeout_ms=self.limits.poll_ms, max_records=self.limits.poll_records)
            await self._take_in({one: records for one, records in batches.items() if one not in self._unplaced})
            if batches:
                # aiokafka answers at once while it has something: the handlers' turn.
                await asyncio.sleep(0)
            if loop.time() >= due and await self._commits.soon(consumer, self._windows):
                due = loop.time() + self.limits.commit_every

    async def _take_in(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        # All windows first: what waits for the store is read and not settled, and its partition may go meanwhile.
        for partition in batches.keys() - self._windows.keys():
            self._windows[partition] = Window(batches[partition][0].offset)
        for window, records in [(self._windows[one], records) for one, records in batches.items()]:
            await self.settlement.intake.recall(records)
            if not window.closed:
                window.add(records)
                self._feed(window)

    def _work(self, window: Window) -> None:
        Workers(window, self.settlement.settle, self._fail).feed()

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure

    async def _place(self, consumer: AIOKafkaConsumer) -> None:
        """Go where the group was in the partitions just assigned, or where a new one begins."""
        placing = set(self._unplaced)
        for partition, offset in (await self._start.offsets(consumer, placing, self._connection)).items():
            if partition in consumer.assignment():
                consumer.seek(partition, offset)
                # Committed though nothing was read: a member that ends at once has begun here all the same.
                self._windows[partition] = Window(offset)
        self._unplaced -= placing
        self.joined.set()

    def _hold_full_windows(self, consumer: AIOKafkaConsumer) -> None:
        assigned = consumer.assignment()
        full = {tp for tp, window in self._windows.items() if self._is_full(window) and tp in assigned}
        paused = consumer.paused()
        if full != paused:
            consumer.pause(*full)
            consumer.resume(*(paused - full))

    def _is_full(self, window: Window) -> bool:
        return len(window) >= self.limits.window or window.bytes >= self.limits.window_bytes

    def _assign(self, partitions: Collection[TopicPartition]) -> None:
        if self._start is not BEGINNING:
            self._unplaced.update(partitions)
        if not self._unplaced:
            self.joined.set()

    async def _revoke(self, partitions: Collection[TopicPartition]) -> None:
        """Before partitions go: let the handlers in hand finish, begin no new ones, commit."""
        self._unplaced.difference_update(partitions)
        leaving = {tp: window for tp in partitions if (window := self._windows.pop(tp, None)) is not None}
        for window in leaving.values():
            window.close()
        tasks = [task for window in leaving.values() for task in window.tasks]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.limits.stop)
            await end(*late)
        if self._consumer is not None:
            await self._commits.commit(self._consumer, leaving)
