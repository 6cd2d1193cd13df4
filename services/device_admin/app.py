"""device-admin put together."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.jobs import Job
from chassis.service import COMPARISON, CONSUMER, LOGINS, ServiceSpec, create_service_app
from device_admin import api, errors, schemas, store, usecases
from device_admin.reactions import REACTIONS
from device_admin.settings import Settings
from device_events import catalog

_FINISH = 5  # seconds


def create_app(settings: Settings) -> web.Application:
    """The service's application."""

    def wire(app: web.Application, aggregates: AggregateStore) -> usecases.Resources:
        resources = app[api.RESOURCES] = usecases.Resources(
            store=store.Store(aggregates),
            settings=settings,
            logins=app[LOGINS],
            now=aggregates.clock.now,
            consumer_lags=lambda: app[CONSUMER].lagging(),
            may_announce=lambda: app[COMPARISON].open,
            require_announcing=app[COMPARISON].require_open,
        )
        return resources

    app = create_service_app(
        ServiceSpec(
            name="device-admin",
            title="Device administration",
            source=catalog.DEVICE_ADMIN,
            settings=settings,
            style=errors.STYLE,
            routes=api.routes,
            collection="device_admin",
            indexes=store.INDEXES,
            topics=(catalog.PUSH_TOPIC, catalog.MOBILE_TOPIC, catalog.CONTACTS_TOPIC),
            reactions=REACTIONS,
            wire=wire,
            jobs=(
                Job("recover-transactions", every=settings.transactions_every, run=usecases.recover_transactions),
                Job("give-up-waiting", every=settings.transactions_every, run=usecases.give_up_waiting),
                Job("expire-inactive", every=settings.expiry_every, run=usecases.expire_inactive),
            ),
            keep_latest=True,
            translator=api.translator,
            version=settings.product_version,
            error_schema=schemas.AdminError,
        )
    )
    app.cleanup_ctx.append(_background)
    return app


async def _background(app: web.Application) -> AsyncIterator[None]:
    """At the end let asynchronous changes in hand finish; those that do not in time are another replica's."""
    yield
    if tasks := app[api.RESOURCES].background:
        _, late = await asyncio.wait(tasks, timeout=_FINISH)
        for task in late:
            task.cancel()
