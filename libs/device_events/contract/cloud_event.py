"""The headers of a record, as AsyncAPI describes them: a CloudEvent's attributes in binary mode."""

from typing import Any

from device_events.catalog import EventType

NAME = "cloud-event"
_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_ALWAYS = ("content-type", "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence")


def headers() -> dict[str, Any]:
    """The schema of the headers of every event; each value is UTF-8 text."""
    return {
        "title": "CloudEvents 1.0 in binary mode",
        "description": "The attributes of the event as headers of the record; each value is UTF-8 text.",
        "type": "object",
        "required": [*_ALWAYS],
        "properties": {
            "content-type": {"const": "application/json", "description": "What the record's value is."},
            "ce_specversion": {"const": "1.0", "description": "The version of CloudEvents."},
            "ce_id": {**_TEXT, "description": "The event's own id: drop one that you have seen."},
            "ce_type": {**_TEXT, "description": "The event type."},
            "ce_source": {**_TEXT, "description": "The service that announces it."},
            "ce_subject": {**_TEXT, "description": "What the event is about within its source; the record's key too."},
            "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, in UTC."},
            "ce_sequence": {
                **_COUNT,
                "description": "Counts the events of one source and subject, so that a later one is known.",
            },
            "ce_deviceid": {**_TEXT, "description": "The device, as runtime/deviceId, where it is about one."},
            "ce_causationid": {**_TEXT, "description": "The id of the status change that this is an effect of."},
            "ce_statussequence": {**_COUNT, "description": "The sequence of that status change."},
            "ce_correlationid": {**_TEXT, "description": "The X-Correlation-ID of the call that began it."},
            "traceparent": {
                "type": "string",
                "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
                "description": "W3C Trace Context.",
            },
        },
    }


def headers_of(kind: EventType) -> dict[str, Any]:
    """The same for one event type."""
    named = {"ce_type": {"const": kind.name}, "ce_source": {"enum": [*kind.topics]}}
    return {"type": "object", "allOf": [{"$ref": f"#/components/schemas/{NAME}"}], "properties": named}
