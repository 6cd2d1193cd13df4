"""The wiring of this service."""

from aiohttp import web

from chassis.aggregates import AggregateStore
from chassis.service import ServiceSpec, create_service_app
from contacts import api, errors, reactions, schemas, store
from contacts.model import ContactIds
from contacts.settings import Settings
from contacts.usecases import Resources
from device_events import catalog


def create_app(settings: Settings) -> web.Application:
    def wire(app: web.Application, aggregates: AggregateStore) -> Resources:
        contacts = store.ContactStore(aggregates)
        app[api.RESOURCES] = Resources(contacts, settings, ContactIds(settings.enc_contact_id_keys))
        return app[api.RESOURCES]

    return create_service_app(
        ServiceSpec(
            name="contacts",
            title="Contact lists and their devices",
            source=catalog.CONTACTS,
            settings=settings,
            style=errors.STYLE,
            routes=api.routes,
            collection="contacts",
            indexes=store.INDEXES,
            topics=(catalog.DEVICE_STATUS_TOPIC, catalog.CONTACTS_TOPIC),
            reactions=reactions.REACTIONS,
            wire=wire,
            error_schema=schemas.Error,
        )
    )
