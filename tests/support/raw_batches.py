"""Batches of records with bytes in them that aiokafka's producer would not write."""

import struct
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from device_events.envelope import Headers

_CRC_AT, _SUMMED_FROM = 17, 21  # of a record batch, format 2: Kafka's protocol guide, "Record Batch"


async def put(
    bootstrap: str,
    topic: str,
    records: Sequence[tuple[bytes | None, bytes | None, Headers]],
    exchanged: tuple[bytes, bytes],
    *,
    partition: int = 0,
) -> int:
    """One batch of these keys, values and headers, the first bytes exchanged for the second, of the same length.

    Returns the offset of its first record.
    """
    old, new = exchanged
    assert len(old) == len(new)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        batch = producer.create_batch()
        for key, value, headers in records:
            assert batch.append(timestamp=None, key=key, value=value, headers=headers) is not None
        built = bytes(batch._build())
        assert old in built
        built = built.replace(old, new)
        crc = struct.pack(">I", calc_crc32c(built[_SUMMED_FROM:]))
        batch._buffer = bytearray(built[:_CRC_AT] + crc + built[_SUMMED_FROM:])
        placed = await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
    return int(placed.offset)
