"""The wiring."""

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.service import ServiceSpec, create_service_app
from chassis.tokens import TokenDigest
from device_events import catalog
from mobile_platform import api, errors, events, schemas, store, usecases
from mobile_platform.reactions import REACTIONS
from mobile_platform.settings import Settings


def create_app(settings: Settings) -> web.Application:
    """The whole service."""

    def wire(app: web.Application, aggregates: AggregateStore) -> usecases.Resources:
        digests = TokenDigest(settings.token_digest_key)
        resources = usecases.Resources(store.Store(aggregates), settings.catalogue, digests)
        app[api.RESOURCES] = resources
        return resources

    return create_service_app(
        ServiceSpec(
            name=events.SERVICE,
            title="Mobile clients",
            source=catalog.MOBILE_PLATFORM,
            settings=settings,
            style=errors.STYLE,
            routes=api.routes,
            collection="mobile_clients",
            indexes=store.INDEXES,
            reactions=REACTIONS,
            topics=(catalog.DEVICE_STATUS_TOPIC, catalog.PUSH_TOPIC, catalog.MOBILE_TOPIC),
            wire=wire,
            headers={"Oracle-Mobile-Runtime-Version": settings.runtime_version},
            error_schema=schemas.ErrorBody,
        )
    )
