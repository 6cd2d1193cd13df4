"""What this service announces. Contact values go into custom events only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decisions import Announcement
from contacts.model import Registration, StatusChange, block_key
from contacts.settings import ContactList
from device_events import catalog

SERVICE = "contacts"


@dataclass(frozen=True, slots=True)
class Subject:
    """The contact that events are about, as they name it."""

    contact_list: ContactList
    enc_contact_id: str

    def data(self, **more: Any) -> dict[str, Any]:
        """What every payload about a contact has, and more."""
        named = {"listId": self.contact_list.id, "contactId": self.enc_contact_id}
        return {"runtime": self.contact_list.runtime, **named, **more}


def created(subject: Subject, fields: Sequence[str]) -> Announcement:
    return Announcement(type=catalog.CONTACT_CREATED, data=subject.data(fields=list(fields)))


def updated(subject: Subject, fields: Sequence[str] = ()) -> Announcement:
    """Without fields it lost a device that another contact registered, or that it should not have got."""
    return Announcement(type=catalog.CONTACT_UPDATED, data=subject.data(fields=list(fields)))


def device_registered(subject: Subject, registration: Registration, device_id: str) -> Announcement:
    data = subject.data(deviceId=device_id)
    if registration.device_type is not None:
        data["deviceType"] = registration.device_type
    device = block_key(subject.contact_list.runtime, device_id)
    return Announcement(type=catalog.CONTACT_DEVICE_REGISTERED, data=data, deviceid=device)


def called_for(
    subject: Subject, names: Iterable[str], *, cause: str, values: Mapping[str, Any], device_id: str | None
) -> list[Announcement]:
    """The custom events that a call asked for (cause "call"), or its list for every registration ("registered")."""
    device = block_key(subject.contact_list.runtime, device_id) if device_id else None
    about = {"deviceId": device_id} if device_id else {}
    return [
        Announcement(
            type=catalog.CUSTOM_EVENT_TRIGGERED,
            data=subject.data(customEvent=name, cause=cause, values=dict(values), **about),
            deviceid=device,
        )
        for name in names
    ]


def called_for_by_status(
    subject: Subject, names: Iterable[str], change: StatusChange, values: Mapping[str, Any]
) -> list[Announcement]:
    """The custom events that the list names for a status."""
    about = {"cause": "status", "status": change.status, "deviceId": change.device_id, "values": dict(values)}
    return [
        Announcement(
            type=catalog.CUSTOM_EVENT_TRIGGERED,
            data=subject.data(customEvent=name, **about),
            deviceid=change.device,
            causationid=change.event_id,
            statussequence=change.sequence,
        )
        for name in names
    ]


def status_applied(change: StatusChange, *, contact_devices: int, custom_events: int) -> Announcement:
    """This service's part is done: how many contacts' devices took the status, and what it triggered."""
    return Announcement(
        type=catalog.DEVICE_STATUS_APPLIED,
        data={
            "runtime": change.runtime,
            "deviceId": change.device_id,
            "service": SERVICE,
            "status": change.status,
            "effects": {"contactDevices": contact_devices, "customEvents": custom_events},
        },
        deviceid=change.device,
        causationid=change.event_id,
        statussequence=change.sequence,
    )
