"""Dead letters: an event at fault, kept as it came, with where it came from and why it was given up."""

import asyncio
import logging

from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from device_events.catalog import dead_letter_topic
from device_events.connection import KafkaConnection
from device_events.errors import Rejected
from device_events.publisher import OutgoingRecord
from device_events.topics import create_missing, topics_of_group
from device_events.window import Record

log = logging.getLogger(__name__)
REASON_LIMIT = 2_000  # characters
# Which of the group's custom-event handlers gave it up, and on a retry: which alone is to run.
HANDLER = "handler"
AGAIN = 1.0  # seconds between tries to reach Kafka


def dead_letter(record: Record, group: str, error: Exception) -> OutgoingRecord:
    """The record for the group's dead-letter topic: original key, bytes and headers, origin and reason beside them.

    The reason names the exception's class, and its text only where the text is ours; a foreign exception's text
    may quote personal data.
    """
    text = f"{type(error).__name__}: {error}" if isinstance(error, Rejected) else type(error).__name__
    origin = [
        ("dead-letter-topic", record.topic),
        ("dead-letter-partition", str(record.partition)),
        ("dead-letter-offset", str(record.offset)),
        ("dead-letter-group", group),
        ("dead-letter-reason", text[:REASON_LIMIT]),
    ]
    headers = [*record.headers, *((name, value.encode("utf-8", "replace")) for name, value in origin)]
    return OutgoingRecord(dead_letter_topic(group), record.key, record.value, headers)


async def ensure_topic(connection: KafkaConnection, group: str) -> None:
    """Make the group's dead-letter topic if it is missing; brokers that are away are waited for.

    Raises TopicAuthorizationFailedError or ClusterAuthorizationFailedError where it is missing and we may not make it.
    """
    topic = dead_letter_topic(group)
    while True:
        try:
            await create_missing(connection, [one for one in topics_of_group(group) if one[0] == topic])
            return
        except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
            raise
        except (KafkaError, OSError, TimeoutError) as error:
            told = {"group": group, "error": type(error).__name__, "reason": await connection.refusal()}
            log.warning("dead_letter_topic_not_made", extra=told)
        await asyncio.sleep(AGAIN)
