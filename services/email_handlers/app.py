"""The wiring: no operations of its own, only health, metrics and the handler."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.errors import ErrorStyle, Refusal
from chassis.service import ServiceSpec, create_service_app
from device_events import catalog
from email_handlers import handlers, triggers
from email_handlers.settings import Settings

RESOURCES = web.AppKey("resources", handlers.Resources)


class _Style(ErrorStyle):
    """Nobody's API: the plumbing's refusals as they are."""

    def translate(self, refusal: Refusal) -> Refusal:
        return refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        return {"message": refusal.detail, "code": refusal.code, "correlationId": correlation_id}


def create_app(settings: Settings) -> web.Application:
    def wire(app: web.Application, aggregates: AggregateStore) -> handlers.Resources:
        records = triggers.Triggers(aggregates, keep=timedelta(days=settings.record_days))
        app[RESOURCES] = handlers.Resources(settings, records, asyncio.Semaphore(settings.smtp_connections))
        return app[RESOURCES]

    return create_service_app(
        ServiceSpec(
            name="email-handlers",
            source="/rollcall/email-handlers",
            settings=settings,
            style=_Style(),
            collection="email_triggers",
            indexes=triggers.INDEXES,
            topics=(catalog.CUSTOM_EVENTS_TOPIC,),
            reactions=handlers.REACTIONS,
            wire=wire,
        )
    )
