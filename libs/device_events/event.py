"""Event: one announced fact about a device, as our code sees it on either side of Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A CloudEvent of ours. Attribute names are CloudEvents' own; extensions are the lower-case ones below.

    `subject` is the announcing aggregate's id and the Kafka key. `sequence` counts the events of one (`source`,
    `subject`) from 1 without gaps; events may repeat and may arrive out of order, so compare sequences within that
    pair and drop ids already seen. `deviceid` is "runtime/deviceId". `causationid` and `statussequence` are the id
    and the sequence of the status change that this event is an effect of. `time` is aware, in UTC, in milliseconds.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    data: Mapping[str, Any] = field(default_factory=dict)
    deviceid: str | None = None
    causationid: str | None = None
    statussequence: int | None = None
    correlationid: str | None = None
    traceparent: str | None = None
