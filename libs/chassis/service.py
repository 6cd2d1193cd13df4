"""One service put together: web application, store, relay, sweeper, consumer and jobs, started and stopped in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aiohttp
from aiohttp import web
from marshmallow import Schema
from pymongo import IndexModel

from chassis.aggregates import AggregateStore
from chassis.auth import Authenticator
from chassis.bearer import BearerVerifier
from chassis.clock import Clock
from chassis.comparison import Comparison, topics_of
from chassis.consumer import Consumer, Reaction
from chassis.errors import ErrorStyle
from chassis.health import HEALTH, Health, Probe, show_live, show_ready
from chassis.jobs import Job, repeat
from chassis.logins import Logins
from chassis.metrics import METRICS, show_metrics
from chassis.mongo import connect, durable_collection
from chassis.openapi import Api, add_docs
from chassis.outbox import pending_index
from chassis.passwords import PasswordVerifier
from chassis.relay import Relay
from chassis.settings import ChassisSettings
from chassis.startup import Startup
from chassis.sweeper import Sweeper
from chassis.web import AUTH, Translator, create_web_app
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic, topic_for
from device_events.contract.asyncapi import Application
from device_events.publisher import Publisher
from device_events.tasks import end

T = TypeVar("T")
CONSUMER = web.AppKey("consumer", Consumer)
LOGINS = web.AppKey("logins", Logins)
COMPARISON = web.AppKey("comparison", Comparison)


@dataclass(frozen=True, kw_only=True)
class ServiceSpec(Generic[T]):
    """What makes a service itself. `source` is its CloudEvents source; its name is its consumer group's too.

    `wire` makes the resources that reactions and jobs get, and puts what handlers need into the application.
    """

    name: str
    source: str
    settings: ChassisSettings
    style: ErrorStyle
    collection: str
    wire: Callable[[web.Application, AggregateStore], T]
    routes: web.RouteTableDef = field(default_factory=web.RouteTableDef)
    indexes: Sequence[IndexModel] = ()
    topics: Sequence[str] = ()
    reactions: Mapping[str, Reaction[T]] = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    keep_latest: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    translator: Translator = lambda _request: str
    title: str = ""  # of its documents; the name where there is none
    version: str = "1.0.0"
    error_schema: type[Schema] | None = None

    def needed_topics(self) -> list[str]:
        """The topics it reads and writes, its dead letters and its retries among them."""
        written = [topic.name for topic in TOPICS.values() if topic.writer == self.source]
        dead_letters = [dead_letter_topic(self.name), retry_topic(self.name)] if self.reactions else []
        return [*self.topics, *written, *dead_letters]

    def api(self) -> Api:
        """What its OpenAPI document says of it."""
        return Api(
            title=self.title or self.name,
            version=self.version,
            style=self.style,
            error_schema=self.error_schema,
            headers=self.headers,
        )

    def events(self) -> Application:
        """What its AsyncAPI document says of it."""
        return Application(
            name=self.name,
            title=self.title or self.name,
            version=self.version,
            source=self.source,
            group=self.name if self.reactions else None,
            handles={topic: frozenset(self.reactions) for topic in self.topics},
            topic=self.settings.kafka.name,
        )


def create_service_app(spec: ServiceSpec[T]) -> web.Application:
    """The service's application; its parts start and stop with it."""
    app = create_web_app(
        style=spec.style,
        max_body=spec.settings.max_body,
        headers=spec.headers,
        translator=spec.translator,
        limits=spec.settings.http,
    )
    app.add_routes(spec.routes)
    app.add_routes(
        [
            web.get("/health/live", show_live),
            web.get("/health/ready", show_ready),
            web.get("/metrics", show_metrics),
        ]
    )
    add_docs(app, spec.api(), spec.events())

    async def lifecycle(app: web.Application) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            await _start(app, spec, stack)
            yield

    app.cleanup_ctx.append(lifecycle)
    return app


async def _start(app: web.Application, spec: ServiceSpec[T], stack: contextlib.AsyncExitStack) -> None:
    """Start the parts, each registered to be stopped in the opposite order."""
    settings = spec.settings
    client = connect(settings.mongodb_uri, application=spec.name)
    stack.push_async_callback(client.close)
    database = client[settings.mongodb_database]
    collection, clock = durable_collection(database, spec.collection), Clock(synchronised=False)
    publisher = Publisher(settings.kafka)
    stack.push_async_callback(publisher.stop)
    relay = Relay(collection, publisher, source=spec.source, topic_for=topic_for, keep_latest=spec.keep_latest)
    sweeper = Sweeper(collection, relay, clock, every=settings.sweep_every, age=settings.sweep_age)
    store = AggregateStore(collection, clock=clock, offer=relay.offer, keep_latest=spec.keep_latest)
    await _authentication(app, settings, spec.name, stack)
    startup = Startup(collection, [*spec.indexes, pending_index()], settings.kafka, spec.needed_topics())
    comparison = app[COMPARISON] = Comparison(collection, settings.kafka, spec.source)
    if spec.keep_latest:
        startup.blockers.add("comparison")
    probe = Probe(settings.mongodb_uri, application=spec.name)
    stack.push_async_callback(probe.stop)
    app[HEALTH] = Health(
        probe.answers, lambda: _details(relay, sweeper, consumer, comparison), blockers=startup.blockers
    )
    for part in (relay, store):
        part.start()
        stack.push_async_callback(part.stop)
    resources = spec.wire(app, store)
    consumer = Consumer(
        settings.kafka, group=spec.name, topics=spec.topics, reactions=spec.reactions, resources=resources
    )
    app[CONSUMER] = consumer
    _report(app, store, relay, sweeper, consumer)
    app[METRICS].add("comparison", gauges=lambda: {"behind_kafka": comparison.behind})

    async def compare() -> None:
        await comparison.first()
        startup.blockers.discard("comparison")

    async def begin() -> None:
        # Reactions and jobs need the unique indexes, so they begin only once these exist.
        await startup.prepare(clock)
        sweeper.start()
        if spec.reactions:
            consumer.start()
        await asyncio.gather(
            startup.check_topics(),
            startup.catch_up(consumer),
            compare(),
            *([comparison.run()] if topics_of(spec.source) else []),
            *(repeat(job, resources) for job in spec.jobs),
        )

    beginning = asyncio.create_task(begin(), name="startup")
    stack.push_async_callback(consumer.stop)
    stack.push_async_callback(sweeper.stop)
    stack.push_async_callback(end, beginning)


async def _authentication(
    app: web.Application, settings: ChassisSettings, realm: str, stack: contextlib.AsyncExitStack
) -> None:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    passwords = PasswordVerifier()
    stack.callback(passwords.close)
    logins = app[LOGINS] = Logins(passwords, settings.logins)
    app[METRICS].add("logins", counters=lambda: logins.counts)
    app[AUTH] = Authenticator(
        users=settings.users or {},
        logins=logins,
        tokens=BearerVerifier(session, settings.issuers),
        realm=realm,
        trusted_proxies=settings.logins.trusted_proxies,
    )


def _details(relay: Relay, sweeper: Sweeper, consumer: Consumer, comparison: Comparison) -> dict[str, Any]:
    up = not (relay.degraded or consumer.degraded)
    details = {"kafka": "up" if up else "down", "outbox-backlog": sweeper.backlog, "consumer-lag": consumer.lag}
    return {**details, "mongodb": "behind Kafka: run rollcall reconcile"} if comparison.behind else details


def _report(app: web.Application, store: AggregateStore, relay: Relay, sweeper: Sweeper, consumer: Consumer) -> None:
    metrics = app[METRICS]
    metrics.add("aggregate_store", counters=lambda: store.counts, gauges=lambda: {"waiting": store.waiting})
    metrics.add("relay", counters=lambda: relay.counts, gauges=lambda: {"waiting": relay.waiting})
    metrics.add("outbox", gauges=lambda: {"backlog_documents": sweeper.backlog})
    metrics.add(
        "consumer",
        counters=lambda: consumer.subscriber.settlement.counts,
        gauges=lambda: {} if consumer.lag is None else {"lag_records": consumer.lag},
    )
