"""Subscription: the device events for a program of yours, as a loop or as handlers."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from device_events.catalog import CATALOG
from device_events.connection import KafkaConnection
from device_events.current import current_state
from device_events.dead_letters import ensure_topic
from device_events.deliveries import RepeatFilter
from device_events.device_event import DeviceEvent
from device_events.puller import Puller
from device_events.seen_store import SeenStore
from device_events.selection import Selection
from device_events.settlement import SubscriberLimits
from device_events.starts import Start
from device_events.subscriber import Subscriber
from device_events.tasks import end
from device_events.typed_intake import TypedHandler, TypedIntake
from device_events.typed_payloads import PAYLOADS, DeviceStatusChanged, TypedPayload

P = TypeVar("P", bound=TypedPayload)
Q = TypeVar("Q", bound=TypedPayload)
H = TypeVar("H", bound=Callable[[Any], Awaitable[None]])
# Few records a poll: those of a thousand live long enough to be looked through by the garbage collector. An event of a
# handler that does nothing cost 5.8 us of CPU with 1,000, 5.4 with 256, 4.3 with 64 or 100.
LIMITS = SubscriberLimits(window=2_000, poll_records=64)


class Subscription(Generic[P]):
    """What `subscribe()` gives. It is used once, in one of two ways.

    As a loop, `async for event in subscription`: one event after the other. An event counts as seen, and its offset is
    committed, when the loop asks for the next one; one on which the loop was left, by `break` or by an exception, comes
    again at the next start. `async with subscription:` around it waits until what was finished is committed.

    By handlers, `@subscription.on(...)` and `await subscription.run()`: those of different devices run side by side,
    those of one device in order. One that fails is called again with backoff, and its event is dead-lettered if others
    succeed meanwhile. A handler may raise Rejected (dead-letter at once) and Away (wait, however long).
    """

    def __init__(
        self,
        kafka: KafkaConnection,
        group: str | None,
        names: list[str],
        selection: Selection,
        repeats: RepeatFilter,
        *,
        start: Start,
        dead_letters: bool,
        store: SeenStore | None,
        limits: SubscriberLimits | None,
    ) -> None:
        """Use `subscribe()`."""
        self._kafka = kafka
        self._group = group
        self._names = names
        self._selection = selection
        self._repeats = repeats
        self._start = start
        self._dead_letters = dead_letters
        self._store = store
        self._limits = limits
        self._handlers: dict[str, TypedHandler] = {}
        self._subscriber: Subscriber | None = None
        self._puller: Puller | None = None
        self._reading: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def counts(self) -> "Counter[str]":
        """How many records had which end so far.

        handled, repeated and stale (dropped as `delivery` says), filtered (another runtime or application), skipped (a
        type not asked for), unknown (a type newer than this version), dead_lettered; and retried, tries that failed.
        """
        return self._subscriber.settlement.counts if self._subscriber else Counter()

    def on(self, *types: type[Q]) -> Callable[[H], H]:
        """Have the decorated function handle events of these types: it takes a DeviceEvent.

        Raises ValueError for a type that has a handler already, and RuntimeError once reading has begun.
        """
        names = [name_of(payload) for payload in types]
        if not names:
            raise ValueError("name the types that the handler is for")
        self._require_unused()

        def keep(handler: H) -> H:
            if taken := self._handlers.keys() & set(names):
                raise ValueError(f"{', '.join(sorted(taken))} has a handler already")
            self._handlers.update(dict.fromkeys(names, handler))
            return handler

        return keep

    async def run(self) -> None:
        """Call the handlers until `stop()`, then finish what is in hand, commit, leave the group and return.

        Kafka that is away is waited for. Raises Rejected for an event at fault if nobody keeps dead letters, and
        RuntimeError if there are no handlers or it has been used before.
        """
        if not self._handlers:
            raise RuntimeError("no handlers: decorate some with `on`, or loop over the subscription")
        self._require_unused()
        subscriber = self._open(self._handlers, None)
        await self._read(subscriber)

    def stop(self) -> None:
        """Ask the loop or `run()` to end after what is in hand. May be called at any time, from the same event loop."""
        self._stopping.set()
        if self._subscriber is not None:
            self._subscriber.stop()

    async def joined(self) -> None:
        """Wait until reading has begun and this member has its partitions; what is published later is not missed."""
        await self._opened.wait()
        if self._subscriber is not None:
            await self._subscriber.joined.wait()

    async def current(self) -> AsyncIterator[DeviceEvent[DeviceStatusChanged]]:
        """The newest change of status of each device that has one, each once, as of now.

        Ask before looping or `run()`, which then go on exactly behind it: no event in between is missed, none comes
        again; on other topics they begin at `start`. Reads the compacted topic twice, so as to hold no events; the
        repeat filter must have room for all devices (`remembered`).
        Raises ValueError with a group (each member would have a part only) and unless delivery is LATEST; KafkaError
        and TimeoutError when the brokers are away, Rejected for an event at fault.
        """
        if self._group is not None or not self._repeats.by_device:
            raise ValueError("the current state is for a reader without a group, by LATEST")
        self._require_unused()
        begun, state = await current_state(self._kafka, self._selection, self._repeats, self._start)
        self._start = begun
        async for event in state:
            yield event

    async def __aenter__(self) -> "Subscription[P]":
        """Nothing is read yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and wait until what was finished is committed."""
        self.stop()
        if self._reading is not None:
            with contextlib.suppress(Exception):
                await asyncio.shield(self._reading)

    def __aiter__(self) -> AsyncIterator[DeviceEvent[P]]:
        """The events. Raises Rejected for an event at fault if nobody keeps dead letters."""
        self._require_unused()
        return self._loop()

    async def _loop(self) -> AsyncIterator[DeviceEvent[P]]:
        puller = Puller()
        handlers: dict[str, TypedHandler] = dict.fromkeys(self._names or list(CATALOG), _nothing)
        subscriber = self._open(handlers, puller)
        self._reading = asyncio.create_task(self._read(subscriber), name="subscription")
        try:
            async with contextlib.aclosing(cast(Any, puller.events(subscriber.settlement, self._reading))) as events:
                async for event in events:
                    yield event
        finally:
            subscriber.stop()
            self._stopping.set()
            await asyncio.wait([self._reading])

    def _open(self, handlers: dict[str, TypedHandler], puller: Puller | None) -> Subscriber:
        intake = TypedIntake(handlers, self._selection, self._repeats, self._kafka.name(self._group or ""), self._store)
        topics = {topic for name in handlers for topic in CATALOG[name].topics.values()}
        self._subscriber = Subscriber(
            self._kafka,
            group=self._group,
            topics=sorted(topics),
            handlers=intake,
            limits=self._limits or LIMITS,
            start=self._start,
            dead_letters=self._dead_letters,
            feed=puller.feed if puller else None,
        )
        self._opened.set()
        return self._subscriber

    async def _read(self, subscriber: Subscriber) -> None:
        if self._dead_letters and self._group is not None:
            making = asyncio.create_task(ensure_topic(self._kafka, self._group))
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait([making, stopping], return_when=asyncio.FIRST_COMPLETED)
                if making.done():
                    making.result()
            finally:
                await end(making, stopping)
        if self._stopping.is_set():
            subscriber.stop()
        await subscriber.run()

    def _require_unused(self) -> None:
        if self._subscriber is not None:
            raise RuntimeError("a subscription is used once: make another")


async def _nothing(_: DeviceEvent[Any]) -> None:
    """Stands for the loop's body."""


def name_of(payload: type[TypedPayload]) -> str:
    """The name of the event type with this payload. Raises ValueError."""
    for name, known in PAYLOADS.items():
        if known is payload:
            return name
    raise ValueError(f"{payload!r} is no payload of an event type")
