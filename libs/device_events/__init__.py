"""The device events of Rollcall: what is announced, how it looks on Kafka, and how to subscribe to it.

`catalog` lists every event type and topic; `Subscriber` runs a handler for each event of a consumer group.
"""

from device_events.connection import KafkaConnection
from device_events.errors import Away, Rejected, Undecodable
from device_events.event import Event
from device_events.settlement import SubscriberLimits
from device_events.statuses import BLOCKING, DeviceStatus
from device_events.subscriber import Subscriber

__all__ = [
    "BLOCKING",
    "Away",
    "DeviceStatus",
    "Event",
    "KafkaConnection",
    "Rejected",
    "Subscriber",
    "SubscriberLimits",
    "Undecodable",
]
