"""Every event type and every topic. Read this file first.

A type is announced by the services listed with it, each on a topic that it alone writes, so that broker ACLs can
say so. `topic_for` answers where one service announces one type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import Schema

from device_events import payloads

DEVICE_STATUS_TOPIC = "rollcall.device-status"
PUSH_TOPIC = "rollcall.push-registrations"
MOBILE_TOPIC = "rollcall.mobile-clients"
CONTACTS_TOPIC = "rollcall.contacts"
CUSTOM_EVENTS_TOPIC = "rollcall.custom-events"

DEVICE_STATUS_CHANGED = "rollcall.device.status-changed.v1"
DEVICE_STATUS_APPLIED = "rollcall.device.status-applied.v1"
PUSH_REGISTERED = "rollcall.push.registered.v1"
PUSH_UPDATED = "rollcall.push.updated.v1"
PUSH_SEEN = "rollcall.push.seen.v1"
PUSH_DEREGISTERED = "rollcall.push.deregistered.v1"
PUSH_TOKEN_REMOVED = "rollcall.push.token-removed.v1"  # noqa: S105 - the name of an event type, not a secret
MOBILE_CLIENT_REGISTERED = "rollcall.mobile-client.registered.v1"
MOBILE_CLIENT_DEREGISTERED = "rollcall.mobile-client.deregistered.v1"
CONTACT_DEVICE_REGISTERED = "rollcall.contact.device-registered.v1"
CONTACT_CREATED = "rollcall.contact.created.v1"
CONTACT_UPDATED = "rollcall.contact.updated.v1"
CUSTOM_EVENT_TRIGGERED = "rollcall.contact.custom-event-triggered.v1"

DEVICE_ADMIN = "/rollcall/device-admin"
PUSH_REGISTRY = "/rollcall/push-registry"
MOBILE_PLATFORM = "/rollcall/mobile-platform"
CONTACTS = "/rollcall/contacts"

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: the `source` that writes it, and the broker settings that it is created with.

    `settings` are Kafka's own topic settings; times in them are milliseconds.
    """

    name: str
    writer: str
    settings: Mapping[str, str]
    partitions: int = 6

    @property
    def compacted(self) -> bool:
        """Whether the topic keeps the newest event of each key for ever."""
        return self.settings["cleanup.policy"] == "compact"


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type: its name, its payload, the topic on which each announcing `source` publishes it, and when."""

    name: str
    payload: type[Schema]
    topics: Mapping[str, str]
    when: str
    schema: Schema = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", self.payload())


# By the brokers' clock, or a producer whose own is more than an hour ahead is refused, and one's that is a week behind
# has its events deleted at once.
_TIMED_BY_BROKER = {"message.timestamp.type": "LogAppendTime"}
_KEPT_A_WEEK = {"cleanup.policy": "delete", "retention.ms": str(7 * _DAY_MS), **_TIMED_BY_BROKER}
# A reader that lags less than the compaction delay still sees every change, not only the newest.
_COMPACTED = {"cleanup.policy": "compact", "min.compaction.lag.ms": str(7 * _DAY_MS), **_TIMED_BY_BROKER}

TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(DEVICE_STATUS_TOPIC, DEVICE_ADMIN, _COMPACTED),
        Topic(PUSH_TOPIC, PUSH_REGISTRY, _KEPT_A_WEEK),
        Topic(MOBILE_TOPIC, MOBILE_PLATFORM, _KEPT_A_WEEK),
        Topic(CONTACTS_TOPIC, CONTACTS, _KEPT_A_WEEK),
        Topic(CUSTOM_EVENTS_TOPIC, CONTACTS, _KEPT_A_WEEK),
    )
}

_PUSH = {PUSH_REGISTRY: PUSH_TOPIC}
_MOBILE = {MOBILE_PLATFORM: MOBILE_TOPIC}
_CONTACTS = {CONTACTS: CONTACTS_TOPIC}

CATALOG: Mapping[str, EventType] = {
    kind.name: kind
    for kind in (
        EventType(
            DEVICE_STATUS_CHANGED,
            payloads.StatusChanged,
            {DEVICE_ADMIN: DEVICE_STATUS_TOPIC},
            "A device is first seen, its status has changed, or its status was set again.",
        ),
        EventType(
            DEVICE_STATUS_APPLIED,
            payloads.StatusApplied,
            {**_PUSH, **_MOBILE, **_CONTACTS},
            "A service has done its part of a status change.",
        ),
        EventType(PUSH_REGISTERED, payloads.PushRegistration, _PUSH, "A device registered with an application."),
        EventType(PUSH_UPDATED, payloads.PushRegistration, _PUSH, "A device's registration was changed."),
        EventType(
            PUSH_SEEN,
            payloads.PushRegistration,
            _PUSH,
            "A device read its registration; announced at most once a device and day.",
        ),
        EventType(PUSH_DEREGISTERED, payloads.PushRegistration, _PUSH, "A device's registration is gone."),
        EventType(PUSH_TOKEN_REMOVED, payloads.PushTokenRemoved, _PUSH, "A registration has lost its push token."),
        EventType(MOBILE_CLIENT_REGISTERED, payloads.MobileClient, _MOBILE, "A mobile client was registered."),
        EventType(
            MOBILE_CLIENT_DEREGISTERED, payloads.MobileClientDeregistered, _MOBILE, "A mobile client is deregistered."
        ),
        EventType(
            CONTACT_DEVICE_REGISTERED, payloads.ContactDeviceRegistered, _CONTACTS, "A contact registered a device."
        ),
        EventType(CONTACT_CREATED, payloads.ContactWritten, _CONTACTS, "A contact was created."),
        EventType(
            CONTACT_UPDATED, payloads.ContactWritten, _CONTACTS, "A contact's values were written, or it lost a device."
        ),
        EventType(
            CUSTOM_EVENT_TRIGGERED,
            payloads.CustomEventTriggered,
            {CONTACTS: CUSTOM_EVENTS_TOPIC},
            "A custom event is to be run for a contact: a call or its list asks for it.",
        ),
    )
}


def topic_for(type_: str, source: str) -> str:
    """The topic on which `source` announces `type_`. Raises KeyError if the catalogue does not let it."""
    return CATALOG[type_].topics[source]


def dead_letter_topic(group: str) -> str:
    """Where the events at fault of one consumer group end: `<group>.dead-letters`."""
    return f"{group}.dead-letters"


def retry_topic(group: str) -> str:
    """Where records that one consumer group has given up are handed to it again: `<group>.retries`.

    A subscriber lists it among its topics to get them; nobody else reads it.
    """
    return f"{group}.retries"
