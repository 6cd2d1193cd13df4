"""The settings that keep events: what aiokafka's own objects end up with, not what we asked for."""

import asyncio

import pytest

from device_events import KafkaConnection
from device_events.publisher import OutgoingRecord, Publisher

CONNECTION = KafkaConnection(bootstrap_servers=("localhost:1",))


async def test_the_producer_waits_for_all_replicas_and_never_doubles_within_a_session() -> None:
    producer = CONNECTION.producer()
    assert producer._sender._acks == -1
    assert producer._sender._txn_manager is not None
    await producer.stop()


async def test_without_idempotence_it_still_waits_for_all_replicas() -> None:
    producer = KafkaConnection(bootstrap_servers=("localhost:1",), idempotent=False).producer()
    assert producer._sender._acks == -1
    assert producer._sender._txn_manager is None
    await producer.stop()


async def test_the_consumer_commits_nothing_by_itself_and_begins_at_the_beginning() -> None:
    consumer = CONNECTION.consumer("group")
    assert consumer._enable_auto_commit is False
    assert consumer._auto_offset_reset == "earliest"
    assert consumer._isolation_level == "read_committed"
    # Handlers in hand may take 20 s and their commit 5 s before the group goes on without this member.
    assert consumer._rebalance_timeout_ms == 30_000
    await consumer.stop()


def test_a_prefix_stands_before_every_topic_and_group() -> None:
    assert KafkaConnection(bootstrap_servers=(), topic_prefix="blue.").name("group") == "blue.group"
    assert CONNECTION.name("group") == "group"


async def test_a_login_reaches_the_client() -> None:
    secure = KafkaConnection(
        bootstrap_servers=("localhost:1",), security_protocol="SASL_SSL", username="anna", password="secret"
    )
    producer = secure.producer()
    assert producer.client._security_protocol == "SASL_SSL"
    assert producer.client._sasl_mechanism == "SCRAM-SHA-512"
    assert producer.client._ssl_context is not None
    assert producer.client._ssl_context.check_hostname
    await producer.stop()


@pytest.mark.asyncio(loop_scope="function")  # a loop of its own, in which nothing else has tasks
@pytest.mark.parametrize("number", range(3))
async def test_a_cluster_that_is_away_is_known_soon_and_leaves_nothing_running(number: int) -> None:
    before = asyncio.all_tasks()
    publisher = Publisher(CONNECTION, limit=2.0)
    assert await publisher.publish([OutgoingRecord("topic", b"k", b"v", [])] * number) == [False] * number
    assert not await publisher.probe()
    assert publisher.degraded
    await publisher.stop()
    assert asyncio.all_tasks() <= before
