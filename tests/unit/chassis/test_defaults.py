"""The settings that keep data: what the drivers' own objects end up with, not what we asked for."""

from pymongo import ReadPreference

from chassis.mongo import connect, durable_collection, relaxed
from chassis.outbox import EPOCH, pending_index


async def test_writes_are_journaled_by_a_majority_and_reads_see_only_what_a_majority_has() -> None:
    async with connect("mongodb://localhost:1/?w=1&readConcernLevel=local", application="test") as client:
        collection = durable_collection(client["db"], "things")
        assert collection.write_concern.document == {"w": "majority", "j": True, "wtimeout": 3_000}
        assert collection.read_concern.level == "majority"
        assert collection.read_preference is ReadPreference.PRIMARY
        assert collection.codec_options.tz_aware


async def test_every_wait_for_mongodb_has_an_end() -> None:
    async with connect("mongodb://localhost:1", application="test") as client:
        options = client.options
        assert options.server_selection_timeout == 2
        assert options.pool_options.connect_timeout == 2
        assert options.pool_options.socket_timeout == 4
        assert options.pool_options.wait_queue_timeout == 2
        assert (options.retry_writes, options.retry_reads) == (True, True)


async def test_only_bookkeeping_is_written_with_less() -> None:
    async with connect("mongodb://localhost:1", application="test") as client:
        bookkeeping = relaxed(durable_collection(client["db"], "things"))
        assert bookkeeping.write_concern.document == {"w": 1}
        assert bookkeeping.read_preference is ReadPreference.PRIMARY


def test_the_index_of_pending_events_holds_only_documents_that_have_some() -> None:
    assert pending_index().document["partialFilterExpression"] == {"outbox.time": {"$gt": EPOCH}}
