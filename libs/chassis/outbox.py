"""Outbox entries: events saved inside the document whose change they announce, until Kafka has acknowledged them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from pymongo import ASCENDING, IndexModel

from chassis.decisions import Announcement
from device_events.envelope import Headers, encode_attributes

Entry = dict[str, Any]
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PENDING_INDEX = "outbox_pending"


def pending_index() -> IndexModel:
    """Finds the documents with entries by age; holds only those that have any."""
    return IndexModel(
        [("outbox.time", ASCENDING)], name=PENDING_INDEX, partialFilterExpression={"outbox.time": {"$gt": EPOCH}}
    )


def entries_of(
    announcements: Sequence[Announcement],
    *,
    command_id: str,
    sequence: int,
    time: datetime,
    correlationid: str | None,
    traceparent: str | None,
) -> list[Entry]:
    """The entries for a decision's announcements, numbered on from `sequence`.

    Ids derive from the command's id, so deciding the same command again makes the same ids.
    """
    return [
        {
            "id": f"{command_id}-{number}",
            "type": announcement.type,
            "time": time,
            "sequence": sequence + number,
            # As text: BSON would read {"$ref": …, "$id": …} back as a reference, and values are the caller's.
            "data": orjson.dumps(announcement.data).decode(),
            **{
                name: value
                for name, value in (
                    ("deviceid", announcement.deviceid),
                    ("causationid", announcement.causationid),
                    ("statussequence", announcement.statussequence),
                    ("correlationid", correlationid),
                    ("traceparent", traceparent),
                )
                if value is not None
            },
        }
        for number, announcement in enumerate(announcements, start=1)
    ]


def encode_entry(source: str, subject: str, entry: Entry) -> tuple[bytes, bytes, Headers]:
    """The Kafka record of the event that an entry stands for: key, value, headers."""
    return encode_attributes({**entry, "source": source, "subject": subject}, entry["data"].encode())
