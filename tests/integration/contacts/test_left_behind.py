"""Events that a process has left behind in a document reach Kafka as they were meant."""

import uuid
from dataclasses import replace

from chassis.aggregates import AggregateStore
from contacts import usecases
from contacts.app import create_app
from contacts.model import Registration
from contacts.settings import Settings
from contacts.store import ContactStore
from device_events import catalog
from tests.integration.contacts.stage import CATALOGUE, DEMO, Stage
from tests.support.services import running


async def test_values_of_any_shape_survive_the_way_over_the_outbox(settings: Settings, stage: Stage) -> None:
    # A database of its own: an event that cannot be published must not hold up those of the other tests.
    database = f"{settings.mongodb_database}_{uuid.uuid4().hex[:8]}"
    values = {"Email": {"$ref": "contacts", "$id": 1}, "Mobile": {"$set": {"a.b": [1, 2.5, None]}, "__proto__": ""}}
    async with running(create_app, replace(settings, mongodb_database=database)) as service:
        other = Stage(settings, service, stage.publisher, stage.heard)
        store = AggregateStore(
            other.aggregates.collection, clock=other.aggregates.clock, offer=lambda _id, _entries: None
        )
        store.start()
        try:
            shown = await usecases.register_device(
                replace(other.resources, store=ContactStore(store)),
                CATALOGUE.contact_lists[DEMO],
                Registration(values=values, custom_events=("SendWelcomeEmail",)),
            )
            contact = {"EncContactId": shown.enc_contact_id}
            (triggered,) = await stage.heard_of(contact, 1, catalog.CUSTOM_EVENT_TRIGGERED)
        finally:
            await store.stop()
            await other.aggregates.collection.database.client.drop_database(database)
    assert triggered.data["values"] == {"FirstName": "friend", **values}
