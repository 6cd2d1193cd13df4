"""push-registry, put together."""

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.service import ServiceSpec, create_service_app
from device_events import catalog
from push_registry import api, errors, store
from push_registry.reactions import REACTIONS
from push_registry.settings import Settings
from push_registry.store import Store
from push_registry.usecases import Resources


def create_app(settings: Settings) -> web.Application:
    """The application, not yet started."""

    def wire(app: web.Application, aggregates: AggregateStore) -> Resources:
        resources = Resources(Store(aggregates), settings)
        app[api.RESOURCES] = resources
        return resources

    return create_service_app(
        ServiceSpec(
            name="push-registry",
            source=catalog.PUSH_REGISTRY,
            settings=settings,
            style=errors.STYLE,
            routes=api.routes,
            collection="push_devices",
            indexes=store.INDEXES,
            topics=(catalog.DEVICE_STATUS_TOPIC,),
            reactions=REACTIONS,
            wire=wire,
        )
    )
