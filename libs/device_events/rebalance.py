"""Rebalance: tells a subscriber which partitions go from it and which come to it."""

from collections.abc import Awaitable, Callable, Collection

from aiokafka import ConsumerRebalanceListener, TopicPartition


class Rebalance(ConsumerRebalanceListener):
    """What aiokafka calls."""

    def __init__(
        self,
        revoke: Callable[[Collection[TopicPartition]], Awaitable[None]],
        assign: Callable[[Collection[TopicPartition]], None],
    ) -> None:
        """`revoke` is awaited before the partitions go to others."""
        self._revoke = revoke
        self._assign = assign

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Before they go."""
        await self._revoke(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Now they are there."""
        self._assign(assigned)
