"""Example data for the tests of contacts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contacts import model
from contacts.model import Block, Contact, Registration, StatusChange
from contacts.settings import Catalogue, CatalogueSchema, ContactList

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def a_catalogue(**changes: Any) -> Catalogue:
    contact_list = {
        "id": 3,
        "name": "Demo",
        "runtime": "myruntime",
        "fields": [
            {"id": 1, "name": "Email"},
            {"id": 2, "name": "ReferanceAccountId", "type": "integer"},
            {"id": 3, "name": "Score", "type": "number"},
            {"id": 4, "name": "Optin", "type": "boolean", "default": True},
            {"id": 5, "name": "Born", "type": "date"},
            {"id": 6, "name": "a.$b.__proto__"},
        ],
        "customEvents": ["SendWelcomeEmail", "SendEventInvite", "SendDeviceLostAlert"],
        "onStatus": {"LOST": ["SendDeviceLostAlert"]},
        **changes,
    }
    catalogue: Catalogue = CatalogueSchema().load(
        {"runtimes": [{"name": "myruntime"}], "contactLists": [contact_list], "backends": []}
    )
    return catalogue


def a_list(**changes: Any) -> ContactList:
    return a_catalogue(**changes).contact_lists[3]


def a_registration(device_id: str | None = "d1", **changes: Any) -> Registration:
    return Registration(**{"values": {}, "device_id": device_id, **changes})


def a_contact(*devices: str, values: dict[str, Any] | None = None) -> Contact:
    contact = model.write_values(None, a_list(), values or {}, AT)
    for number, device in enumerate(devices, start=1):
        contact = model.attach(contact, a_registration(device), None, added=number, at=AT)
    return contact


def a_change(status: str = "LOST", sequence: int = 5, previous: str | None = "ACTIVE") -> StatusChange:
    return StatusChange(
        runtime="myruntime", device_id="d1", status=status, sequence=sequence, event_id="e1", previous=previous
    )


def a_block(status: str = "LOST", sequence: int = 5) -> Block:
    return {"status": status, "statussequence": sequence}
