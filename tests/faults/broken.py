"""Guards of the product, broken: what the suite is for has to turn its rows red.

`python -m tests.faults --with tests.faults.broken:FUNCTION` breaks one in every replica.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import UpdateOne, WriteConcern

from chassis import mongo
from chassis.committer import Committer
from chassis.staging import Staged
from device_events.commits import Commits
from device_events.window import Window

PUBLISHED = 0.1  # seconds that the relay needs to publish


def publish_before_commit() -> None:
    """Events are announced before their change is saved: a death in between leaves phantoms."""
    write = Committer._write

    async def published_first(self: Committer, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        for one in changed:
            self._offer(one.document_id, one.entries)
        await asyncio.sleep(PUBLISHED)
        return await write(self, changed)

    Committer._write = published_first  # type: ignore[method-assign]


def commit_offsets_before_effects() -> None:
    """A group's offset moves past what has been read and not yet handled: a death in between loses it."""

    def read_so_far(self: Window) -> int | None:
        return None if self._next == self._committed else self._next

    Window.to_commit = read_so_far  # type: ignore[method-assign]


def write_without_version() -> None:
    """A write does not ask whether the document is still as it was read: of two at once, one is lost."""
    update = Staged.update

    def unconditional(self: Staged, *, keep_latest: bool) -> UpdateOne:
        conditional = update(self, keep_latest=keep_latest)
        return UpdateOne({"_id": self.document_id}, conditional._doc, upsert=True)

    Staged.update = unconditional  # type: ignore[method-assign]


def acknowledge_before_majority() -> None:
    """What the primary alone has is taken for durable: if it dies, the others go on without."""
    mongo.MAJORITY = WriteConcern(w=1)


def wait_for_handlers_between_polls() -> None:
    """A batch is handled to its end before the next poll: where that takes too long, the member is put out."""
    soon = Commits.soon

    async def when_handled(self: Commits, consumer: AIOKafkaConsumer, windows: Mapping[TopicPartition, Window]) -> bool:
        if tasks := [task for window in windows.values() for task in window.tasks]:
            await asyncio.wait(tasks)
        return await soon(self, consumer, windows)

    Commits.soon = when_handled  # type: ignore[method-assign]
