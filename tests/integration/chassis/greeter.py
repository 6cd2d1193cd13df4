"""A service that greets: the smallest that has everything, to see the plumbing through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from marshmallow import RAISE, Schema, fields

from chassis.aggregates import AggregateStore
from chassis.bodies import load_json
from chassis.errors import ErrorStyle, Refusal
from chassis.jobs import Job
from chassis.service import ServiceSpec, create_service_app
from chassis.settings import ChassisSettings
from chassis.web import json_response
from device_events import Event, KafkaConnection, catalog
from tests.integration.chassis.marking import KEYS, mark
from tests.support.services import Running, shared_settings

STORE = web.AppKey("store", AggregateStore)


class Greeting(Schema):
    """The body of a greeting."""

    class Meta:
        unknown = RAISE

    number = fields.Integer(required=True, strict=True)


class Plain(ErrorStyle):
    """Says what the plumbing says."""

    def translate(self, refusal: Refusal) -> Refusal:
        return refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        return {"code": refusal.code, "detail": refusal.detail, "path": path, "id": correlation_id}


@dataclass
class Reacted:
    """What the reaction does and has done; `go` lets it."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list)
    runs: list[set[str]] = field(default_factory=list)


async def _greet(request: web.Request) -> web.Response:
    body = await load_json(request, Greeting())
    return json_response(await request.app[STORE].execute(f"r/{request.match_info['name']}", mark(body["number"])))


async def _break(_request: web.Request) -> web.Response:
    raise LookupError("the secret of the house")


def settings(uri: str, database: str, kafka: KafkaConnection, **changes: Any) -> ChassisSettings:
    """Its settings."""
    return ChassisSettings(**shared_settings(uri, database, kafka, max_body=1_000, **changes))


def create(
    settings: ChassisSettings, reacted: Reacted | None = None, *, listening: bool = True, jobs: tuple[Job, ...] = ()
) -> web.Application:
    """The application. Its reaction waits for `reacted.go`."""
    doings = reacted or Reacted()
    if reacted is None:
        doings.go.set()
    routes = web.RouteTableDef()
    routes.put("/greetings/{name}")(_greet)
    routes.get("/broken")(_break)

    async def react(resources: Reacted, event: Event) -> None:
        await resources.go.wait()
        resources.seen.append(event.subject)

    def wire(app: web.Application, store: AggregateStore) -> Reacted:
        app[STORE] = store
        return doings

    return create_service_app(
        ServiceSpec(
            name="contacts",
            source=catalog.DEVICE_ADMIN,
            settings=settings,
            style=Plain(),
            routes=routes,
            collection="greetings",
            indexes=[KEYS],
            topics=[catalog.DEVICE_STATUS_TOPIC] if listening else [],
            reactions={catalog.DEVICE_STATUS_CHANGED: react} if listening else {},
            jobs=jobs,
            wire=wire,
        )
    )


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[Running]:
    """The application on a port, whether ready or not."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url) as http:
            yield Running(app, url, http)
    finally:
        await runner.cleanup()


async def readiness(service: Running) -> tuple[int, Any]:
    """What /health/ready says."""
    status, body, _ = await service.request("GET", "/health/ready")
    return status, body


async def is_ready(service: Running, how: str = "ready") -> bool:
    """Whether it says that it is ready, and how."""
    status, body = await readiness(service)
    return status == 200 and body["status"] == how
