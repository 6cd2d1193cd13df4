from itertools import permutations
from typing import Any

import pytest

from contacts import model
from contacts.model import Block
from tests.unit.contacts.builders import a_block, a_change


def test_the_first_sight_of_a_device_needs_no_block() -> None:
    first_seen = a_change("ACTIVE", 1, previous=None)
    assert model.take(None, first_seen) is None
    assert not model.is_outstanding(None, first_seen)


def test_a_status_is_kept_for_a_device_that_nobody_has() -> None:
    block = model.take(None, a_change("LOST", 2))
    assert block == {"status": "LOST", "statussequence": 2}
    assert model.is_blocked(block)


@pytest.mark.parametrize(
    ("status", "blocked"), [("ACTIVE", False), ("EXPIRED", False), ("LOST", True), ("STOLEN", True), ("DISABLED", True)]
)
def test_three_statuses_block(status: str, blocked: bool) -> None:
    assert model.is_blocked(a_block(status)) is blocked


def test_in_any_order_of_arrival_the_highest_sequence_wins() -> None:
    changes = [a_change("LOST", 1), a_change("ACTIVE", 2), a_change("LOST", 3)]
    for order in permutations(changes):
        block: Block | None = None
        for change in order:
            block = model.take(block, change) or block
        assert block == {"status": "LOST", "statussequence": 3}


def test_a_status_is_outstanding_until_it_is_finished() -> None:
    change = a_change("LOST", 5)
    block = model.take(None, change)
    assert block is not None
    assert model.is_outstanding(block, change)
    assert model.take(block, change) is None
    assert not model.is_outstanding(model.finish(block, change), change)


def test_a_status_that_was_overtaken_is_not_outstanding_any_more() -> None:
    overtaken = model.take(a_block("LOST", 5), a_change("ACTIVE", 6))
    assert overtaken is not None
    assert not model.is_outstanding(overtaken, a_change("LOST", 5))
    assert model.is_outstanding(overtaken, a_change("ACTIVE", 6))


def test_a_block_keeps_what_a_newer_version_wrote() -> None:
    known: Any = {**a_block("LOST", 5), "applied": 5, "note": "x"}
    taken = model.take(known, a_change("ACTIVE", 6))
    assert taken == {"status": "ACTIVE", "statussequence": 6, "applied": 5, "note": "x"}


def test_only_a_real_change_runs_custom_events() -> None:
    assert a_change("LOST", previous="ACTIVE").runs_custom_events
    assert not a_change("LOST", previous="LOST").runs_custom_events
    assert not a_change("LOST", previous=None).runs_custom_events


def test_a_device_id_may_hold_a_slash() -> None:
    assert model.block_key("myruntime", "a/b") == "myruntime/a/b"
