"""The window of a partition: order within a key, and the offset that may be committed."""

from aiokafka import ConsumerRecord

from device_events.window import Record, Window


def record(offset: int, key: str | None, value: bytes | None = b"") -> Record:
    raw = key.encode() if key is not None else None
    return ConsumerRecord("topic", 0, offset, 0, 0, raw, value, None, 0, 0, ())


def filled(keys: str, *, first: int = 0) -> Window:
    """A window whose records are all held."""
    window = Window()
    window.add([record(offset, key) for offset, key in enumerate(keys, start=first)])
    hold_all(window)
    return window


def hold_all(window: Window) -> None:
    while window.queue:
        window.hold(window.queue.popleft())


def test_the_records_of_a_key_wait_for_each_other_and_those_without_one_for_nobody() -> None:
    window = Window()
    window.add([record(0, "a"), record(1, "b"), record(2, "a"), record(3, None), record(4, None)])
    hold_all(window)
    chains = {key: [one.offset for one in chain] for key, chain in window.chains.items()}
    assert chains == {b"a": [0, 2], b"b": [1], 3: [3], 4: [4]}


def test_what_is_settled_at_once_is_never_held() -> None:
    window = Window()
    window.add([record(0, "a", b"123"), record(1, "b", b"123")])
    assert (len(window), window.position, window.bytes) == (2, 0, 0)
    window.queue.popleft()
    assert (len(window), window.position) == (1, 1)
    window.hold(window.queue.popleft())
    assert (len(window), window.position, window.bytes) == (1, 1, 3)
    window.settle(b"b")
    assert (len(window), window.position, window.bytes) == (0, 2, 0)


def test_a_window_may_begin_somewhere_before_anything_was_read() -> None:
    assert Window(7).to_commit() == 7


def test_the_position_is_the_first_record_not_settled() -> None:
    window = filled("aba", first=10)
    assert window.position == 10
    window.settle(b"b")
    assert window.position == 10
    window.settle(b"a")
    assert window.position == 12
    window.settle(b"a")
    assert window.position == 13
    assert len(window) == 0


def test_offsets_may_have_gaps_as_in_a_compacted_topic() -> None:
    window = Window()
    window.add([record(3, "a"), record(90, "b")])
    hold_all(window)
    window.settle(b"a")
    assert window.position == 90
    window.settle(b"b")
    assert window.position == 91


def test_the_bytes_are_those_of_what_is_not_settled() -> None:
    window = Window()
    window.add([record(0, "a", b"12345"), record(1, "b", b"123"), record(2, "b", None)])
    hold_all(window)
    assert window.bytes == 8
    window.settle(b"b")
    assert window.bytes == 5
    window.settle(b"b")
    window.settle(b"a")
    assert window.bytes == 0


def test_an_offset_is_committed_once() -> None:
    window = filled("ab")
    window.settle(b"a")
    assert window.to_commit() == 1
    window.committed(1)
    assert window.to_commit() is None
    window.settle(b"b")
    assert window.to_commit() == 2


def test_an_empty_window_has_nothing_to_commit() -> None:
    assert Window().to_commit() is None


def test_a_chain_keeps_the_order_of_its_key() -> None:
    window = filled("aaa", first=5)
    seen = []
    while chain := window.chains.get(b"a"):
        seen.append(chain[0].offset)
        window.settle(b"a")
    assert seen == [5, 6, 7]


def test_closing_wakes_whoever_waits() -> None:
    window = filled("a")
    assert not window.closing.is_set()
    window.close()
    assert window.closed
