"""push-registry, put together."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.locale import Languages
from chassis.service import ServiceSpec, create_service_app
from device_events import catalog
from push_registry import api, errors, schemas, store
from push_registry.reactions import REACTIONS
from push_registry.settings import Settings
from push_registry.store import Store
from push_registry.usecases import Resources

LANGUAGES = Languages(Path(__file__).parent / "locale")


def create_app(settings: Settings) -> web.Application:
    """The application, not yet started."""

    def wire(app: web.Application, aggregates: AggregateStore) -> Resources:
        resources = Resources(Store(aggregates), settings)
        app[api.RESOURCES] = resources
        return resources

    return create_service_app(
        ServiceSpec(
            name="push-registry",
            title="Push device registrations",
            source=catalog.PUSH_REGISTRY,
            settings=settings,
            style=errors.STYLE,
            routes=api.routes,
            collection="push_devices",
            indexes=store.INDEXES,
            topics=(catalog.DEVICE_STATUS_TOPIC,),
            reactions=REACTIONS,
            wire=wire,
            translator=translator,
            error_schema=schemas.ErrorBody,
        )
    )


def translator(request: web.Request) -> Callable[[str], str]:
    """What puts a message into the language that the caller likes best."""
    liked = ", ".join(request.headers.getall("Accept-Language", []))
    return partial(LANGUAGES.translate, LANGUAGES.preferred(liked))
