"""Kafka's own choice of partition by key, with the hashes of the latest keys remembered.

A change is announced by several records of one key, and aiokafka's murmur2 in Python takes 5 us: 10,000 status changes
with two announcements each spent one part in thirty of their CPU on it.
"""

import random
from collections.abc import Sequence
from functools import lru_cache

from aiokafka.partitioner import murmur2

_hash = lru_cache(maxsize=4_096)(murmur2)


def partition_of(key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]) -> int:
    """As the Java client's: the key's murmur2 modulo the partitions; without a key any that is available."""
    if key is None:
        return random.choice(available or all_partitions)  # noqa: S311 - not a secret
    number: int = (_hash(key) & 0x7FFFFFFF) % len(all_partitions)
    return all_partitions[number]
