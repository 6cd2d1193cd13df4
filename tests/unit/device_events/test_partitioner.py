"""Keys go where Kafka's own clients put them."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from device_events.partitioner import partition_of


@given(st.binary(max_size=60), st.integers(1, 50))
def test_a_key_goes_where_others_put_it_also_when_it_is_remembered(key: bytes, count: int) -> None:
    partitions = list(range(count))
    expected = DefaultPartitioner()(key, partitions, partitions)
    assert [partition_of(key, partitions, partitions), partition_of(key, partitions, [])] == [expected, expected]


def test_a_record_without_a_key_goes_to_a_partition_that_is_available() -> None:
    assert {partition_of(None, range(5), [3]) for _ in range(20)} == {3}
    assert partition_of(None, range(5), []) in range(5)
