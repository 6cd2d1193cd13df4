"""Bookmarks: opaque, and good for the very list that they were given out for."""

import base64
from datetime import datetime
from typing import Any

import orjson
import pytest

from device_admin.errors import InvalidBookmark
from device_admin.model.page import Page, Place, SortedList, identity_of
from tests.unit.device_admin.builders import NOON

DEVICES = SortedList(fields={"last_accessed": datetime, "device_id": str}, identity=identity_of("devices"))
ITEM = {"last_accessed": NOON, "device_id": "a $b.c"}


def encoded(content: Any) -> str:
    """What a forger would try."""
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode()


@pytest.mark.parametrize("backwards", [True, False])
def test_a_bookmark_leads_back_to_its_place(backwards: bool) -> None:
    bookmark = DEVICES.bookmark(ITEM, 100, backwards=backwards)
    assert DEVICES.place(bookmark) == Place(start=100, backwards=backwards, beside=[NOON, "a $b.c"])


def test_a_bookmark_of_another_list_is_refused() -> None:
    other = SortedList(fields=DEVICES.fields, identity=identity_of("others"))
    with pytest.raises(InvalidBookmark):
        other.place(DEVICES.bookmark(ITEM, 100))


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        [],
        {},
        [DEVICES.identity],
        [DEVICES.identity, 0, False],
        [DEVICES.identity, 0, False, 1],
        [DEVICES.identity, 0, False, 1, "a", "b"],
        [DEVICES.identity, -1, False, 1, "a"],
        [DEVICES.identity, True, False, 1, "a"],
        [DEVICES.identity, 0, 0, 1, "a"],
        [DEVICES.identity, 0, False, "1", "a"],
        [DEVICES.identity, 0, False, 1, {"$gt": ""}],
        [DEVICES.identity, 0, False, {"$ne": None}, "a"],
        [DEVICES.identity, 0, False, 2**52, "a"],
        [DEVICES.identity, 2**63, False, 1, "a"],
        [["a"], 0, False, 1, "a"],
    ],
)
def test_a_forged_bookmark_is_refused(content: Any) -> None:
    with pytest.raises(InvalidBookmark):
        DEVICES.place(encoded(content))


@pytest.mark.parametrize("text", ["", "ABC", "é", "!!!!", "A" * 7_000, encoded([])[:-1] + "*"])
def test_what_is_no_bookmark_is_refused(text: str) -> None:
    with pytest.raises(InvalidBookmark):
        DEVICES.place(text)


@pytest.mark.parametrize(("start", "number"), [(0, 1), (99, 1), (100, 2), (250, 3)])
def test_pages_count_from_one(start: int, number: int) -> None:
    page: Page[str] = Page(items=[], start=start, size=100, total=0, previous=None, next=None)
    assert page.number == number
