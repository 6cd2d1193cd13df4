"""Consumer: runs a service's reactions as one member of its consumer group, and knows how far behind it is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from chassis.context import event_context
from device_events import Event, KafkaConnection, Subscriber, SubscriberLimits
from device_events.catalog import TOPICS, retry_topic
from device_events.tasks import end

log = structlog.get_logger()
T = TypeVar("T")
Reaction = Callable[[T, Event], Awaitable[None]]
LAG_TOLERATED = 100  # records


class Consumer:
    """`caught_up` is set once the group has read the compacted topics to the ends they had at the start."""

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        group: str,
        topics: Sequence[str],
        reactions: Mapping[str, Reaction[Any]],
        resources: Any,
        limits: SubscriberLimits | None = None,
    ) -> None:
        handlers = {type_: _with_context(reaction, resources) for type_, reaction in reactions.items()}
        # What an operator hands this group again comes to it by a topic of its own.
        everything = [*topics, retry_topic(group)]
        self.subscriber = Subscriber(connection, group=group, topics=everything, handlers=handlers, limits=limits)
        self.caught_up = asyncio.Event()
        self._compacted = [topic for topic in topics if TOPICS[topic].compacted]
        if not (reactions and self._compacted):
            self.caught_up.set()
        self._lag: int | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def lag(self) -> int | None:
        """Records this member has not settled, as of a second ago; None while unknown."""
        return self._lag

    @property
    def degraded(self) -> bool:
        """Whether it has been started and Kafka does not answer."""
        return bool(self._tasks) and self.subscriber.degraded

    def lagging(self) -> bool:
        """Whether decisions that rest on having read everything should wait."""
        return self._lag is None or self._lag > LAG_TOLERATED

    def start(self) -> None:
        """Join the group."""
        self._tasks = [
            asyncio.create_task(self.subscriber.run(), name="subscriber"),
            asyncio.create_task(self._watch(), name="subscriber-watch"),
        ]

    async def stop(self) -> None:
        """Finish the reactions in hand, commit their offsets and leave the group."""
        if not self._tasks:
            return
        self.subscriber.stop()
        subscriber, watch = self._tasks
        await end(watch)
        await subscriber

    async def _watch(self) -> None:
        ends: dict[TopicPartition, int] | None = None
        while True:
            try:
                self._lag = await self.subscriber.lag()
                if not self.caught_up.is_set():
                    ends = ends if ends is not None else await self._ends()
                    if ends is not None and await self.subscriber.has_reached(ends):
                        self.caught_up.set()
            except (KafkaError, OSError, TimeoutError) as error:
                log.info("lag_unknown", error=type(error).__name__)
                self._lag = None
            await asyncio.sleep(0.2 if not self.caught_up.is_set() else 1.0)

    async def _ends(self) -> dict[TopicPartition, int] | None:
        all_ends: dict[TopicPartition, int] = {}
        for topic in self._compacted:
            ends = await self.subscriber.ends(topic)
            if ends is None:
                return None
            all_ends |= ends
        return all_ends


def _with_context(reaction: Reaction[Any], resources: Any) -> Callable[[Event], Awaitable[None]]:
    async def react(event: Event) -> None:
        with event_context(event.correlationid, event.traceparent):
            await reaction(resources, event)

    return react
