"""DeviceEvent: one announced fact about a device, with attributes, its payload too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from device_events.catalog import topic_for
from device_events.envelope import ATTRIBUTES, trace_of
from device_events.typed_payloads import TypedPayload, typed
from device_events.window import Record

P_co = TypeVar("P_co", bound=TypedPayload, covariant=True)


class Checked(NamedTuple):
    """What was found in a record that is an event."""

    headers: Mapping[str, bytes]
    payload: Mapping[str, Any]


class Kind(Protocol):
    """The type of an event."""

    name: str

    def check(self, record: Record) -> Checked:
        """Headers and payload of a record of this type. Raises Undecodable if it is no event."""
        ...


class DeviceEvent(Generic[P_co]):
    """A CloudEvent of ours, read from Kafka.

    In a loop it was checked before it came. A handler's is checked when it first looks at an attribute, which raises
    Undecodable for a record that is no event: let it pass, and the record is dead-lettered.

    Attribute names are CloudEvents' own. `subject` is the announcing aggregate's id and the Kafka key. `sequence`
    counts the events of one (`source`, `subject`) from 1 without gaps.
    """

    __slots__ = ("_checked", "_data", "_kind", "_record", "counter", "told_by")

    _checked: Checked
    _data: P_co
    told_by: bytes
    counter: int

    def __init__(self, record: Record, kind: Kind, told_by: bytes, counter: int) -> None:
        """`told_by` is what the repeat filter tells it by, `counter` its sequence."""
        self._record = record
        self._kind = kind
        self.told_by = told_by
        self.counter = counter

    def check(self) -> Checked:
        """Headers and payload; checked when something of the event is looked at first. Raises Undecodable."""
        try:
            return self._checked
        except AttributeError:
            self._checked = checked = self._kind.check(self._record)
            return checked

    @property
    def type(self) -> str:
        """The name of its type, such as "rollcall.device.status-changed.v1"."""
        return self._kind.name

    @property
    def id(self) -> str:
        """Unique among all events; a repeat has the id of what it repeats."""
        return self.check().headers["ce_id"].decode()

    @property
    def source(self) -> str:
        """The service that announced it, such as "/rollcall/device-admin"."""
        return self.check().headers["ce_source"].decode()

    @property
    def subject(self) -> str:
        """What the event is about, within its source; for a device "runtime/deviceId"."""
        return self.check().headers["ce_subject"].decode()

    @property
    def sequence(self) -> int:
        """Its number among those of the same source and subject, from 1."""
        return int(self.check().headers["ce_sequence"])

    @property
    def time(self) -> datetime:
        """When it happened, by the announcing service's clock; aware, to the millisecond."""
        return datetime.fromisoformat(self.check().headers["ce_time"].decode())

    @property
    def data(self) -> P_co:
        """The payload, as an object of its type's class in `device_events`."""
        try:
            return self._data
        except AttributeError:
            made: P_co = typed(self.type, self.check().payload)  # type: ignore[assignment]  # this type's class
            self._data = made
            return made

    @property
    def deviceid(self) -> str | None:
        """The device as "runtime/deviceId", where there is one."""
        return self._optional("ce_deviceid")

    @property
    def causationid(self) -> str | None:
        """The id of the status change that this event is an effect of."""
        return self._optional("ce_causationid")

    @property
    def statussequence(self) -> int | None:
        """The sequence of the status change that this event is an effect of."""
        found = self.check().headers.get("ce_statussequence")
        return None if found is None else int(found)

    @property
    def correlationid(self) -> str | None:
        """That of the request which caused it (`X-Correlation-ID`)."""
        return self._optional("ce_correlationid")

    @property
    def traceparent(self) -> str | None:
        """W3C Trace Context's, where it is well formed."""
        return trace_of(self._optional("traceparent") or "")

    @property
    def topic(self) -> str:
        """The topic that it is on, as the catalogue names it: without a prefix."""
        return topic_for(self.type, self.source)

    @property
    def partition(self) -> int:
        """The partition of the topic, from 0."""
        return int(self._record.partition)

    @property
    def offset(self) -> int:
        """The offset in the partition."""
        return int(self._record.offset)

    def as_cloudevent(self) -> dict[str, Any]:
        """The event in CloudEvents' JSON format, `data` as it came: for another bus, or a file.

        Extensions that this version does not know are left out.
        """
        attributes = {name: getattr(self, name) for name in ATTRIBUTES if name != "time"}
        given = {name: value for name, value in attributes.items() if value is not None}
        time = self.check().headers["ce_time"].decode()
        known = {"specversion": "1.0", "datacontenttype": "application/json", "time": time}
        return {**known, **given, "data": dict(self.check().payload)}

    def _optional(self, name: str) -> str | None:
        found = self.check().headers.get(name)
        return None if found is None else found.decode()

    def __eq__(self, other: object) -> bool:
        """Equal are events of the same id and source, wherever they lie."""
        return isinstance(other, DeviceEvent) and (self.source, self.id) == (other.source, other.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        # Never the payload: it may be personal data, and ends in logs.
        return f"<{self.type} {self.id} of {self.subject}, sequence {self.sequence}>"
