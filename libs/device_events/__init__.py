"""The device events of Rollcall: what is announced, how it looks on Kafka, and how to subscribe to it.

`subscribe` is the way in, for a program of yours; README.md is its guide. `catalog` lists every event type and topic.
`Subscriber` is what the services themselves use: whole events, repeats and all.
"""

from device_events.connection import KafkaConnection
from device_events.deliveries import Delivery
from device_events.device_event import DeviceEvent
from device_events.errors import Away, Rejected, Undecodable
from device_events.event import Event
from device_events.seen_store import SeenStore
from device_events.settlement import SubscriberLimits
from device_events.starts import BEGINNING, END, Start, at, from_offsets
from device_events.statuses import BLOCKING, DeviceStatus
from device_events.subscriber import Subscriber
from device_events.subscribing import subscribe
from device_events.subscription import Subscription
from device_events.typed_payloads import (
    ContactCreated,
    ContactDeviceRegistered,
    ContactUpdated,
    CustomEventTriggered,
    DeviceStatusApplied,
    DeviceStatusChanged,
    MobileClientDeregistered,
    MobileClientRegistered,
    PushDeregistered,
    PushRegistered,
    PushSeen,
    PushTokenRemoved,
    PushUpdated,
    TypedPayload,
)

EVERY = Delivery.EVERY
LATEST = Delivery.LATEST

__all__ = [
    "BEGINNING",
    "BLOCKING",
    "END",
    "EVERY",
    "LATEST",
    "Away",
    "ContactCreated",
    "ContactDeviceRegistered",
    "ContactUpdated",
    "CustomEventTriggered",
    "Delivery",
    "DeviceEvent",
    "DeviceStatus",
    "DeviceStatusApplied",
    "DeviceStatusChanged",
    "Event",
    "KafkaConnection",
    "MobileClientDeregistered",
    "MobileClientRegistered",
    "PushDeregistered",
    "PushRegistered",
    "PushSeen",
    "PushTokenRemoved",
    "PushUpdated",
    "Rejected",
    "SeenStore",
    "Start",
    "Subscriber",
    "SubscriberLimits",
    "Subscription",
    "TypedPayload",
    "Undecodable",
    "at",
    "from_offsets",
    "subscribe",
]
