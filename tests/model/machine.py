"""What every machine can do besides commands: deliver, crash, go on with what is in flight, and settle."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from push_registry import usecases as push
from push_registry.model import Details
from tests.model import invariants, members
from tests.model.calls import Call, Crashing, InFlight, Unanswered, Way, Whole
from tests.model.fleet import APPLICATIONS, DEVICES, TOKENS
from tests.model.stepping import LostAnswer
from tests.model.world import REPLICAS, World

R = TypeVar("R")

# Every draw is independent of what MongoDB and the event loop make of the steps before it: an index is taken modulo
# what there is. So a failure comes again, and shrinks.
_REPLICA, _INDEX, _NUMBER = st.integers(0, REPLICAS - 1), st.integers(0, 30), st.integers(1, 4)
SEEDS = st.integers(0, 2**16)
_MEMBERS = {str(one): one for one in members.MEMBERS}  # a name says more in a failing course
_WHOLE = st.builds(Whole, _REPLICA)
WAYS: st.SearchStrategy[Way] = st.one_of(
    _WHOLE,
    _WHOLE,
    st.builds(InFlight, st.integers(1, 8)),
    st.builds(Crashing, _REPLICA, st.sampled_from(["before-commit", "after-commit"]), _NUMBER),
    st.builds(Unanswered, _REPLICA, st.builds(LostAnswer, _NUMBER, st.booleans())),
)


class Machine(RuleBasedStateMachine):
    """One world, begun anew for each example. The concerns add their commands as rules."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        super().__init__()
        self._runner = runner
        self.world = world
        self._calls = 0
        self.run(world.begin_anew())

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Its result; the loop stands still between two steps."""
        return self._runner.run(work)

    def name(self, what: str) -> str:
        """A correlation id that no other command of this course has."""
        self._calls += 1
        return f"{what}-{self._calls}"

    def call(self, member: members.Member, what: str, way: Way, **more: Any) -> None:
        """Give a command, under a correlation id of its own unless it has one."""
        self.run(self.world.call(Call(member=member, **{"name": self.name(what), **more}), way))

    @initialize()
    def two_are_known(self) -> None:
        """Two devices have registered for push, and everybody knows."""
        for device, token in zip(DEVICES[:2], TOKENS[:2], strict=True):
            details = Details(platform="A", token=token)
            self.call(
                members.PUSH,
                "first-registration",
                Whole(0),
                do=lambda resources, device=device, details=details: push.register(
                    resources, APPLICATIONS[0], device, details
                ),
            )
        self.run(self.world.settle(0))

    @rule(which=_INDEX, way=WAYS)
    def deliver(self, which: int, way: Way) -> None:
        """Somebody reads something new, not necessarily the next."""
        self.run(self._deliver(which, way))

    @rule(which=_INDEX, way=WAYS)
    def deliver_again(self, which: int, way: Way) -> None:
        """Somebody reads something, perhaps once more, perhaps long after what came later."""
        if readable := self.world.broker.readable():
            self.run(self.world.deliver(*readable[-1 - which % len(readable)], way))

    @rule(service=st.sampled_from(list(_MEMBERS)), order=st.randoms(use_true_random=False))
    def catch_up(self, service: str, order: Any) -> None:
        """A service reads all there is, in any order."""
        self.run(self._catch_up(_MEMBERS[service], order))

    @rule()
    def publish_unacknowledged(self) -> None:
        """What is in the outboxes reaches Kafka, but not the word of it."""
        self.run(self.world.publish(acknowledged=False))

    @rule(which=_INDEX, steps=st.integers(1, 6))
    def go_on(self, which: int, steps: int) -> None:
        """A call in flight goes on."""
        self.run(self.world.advance(which, steps))

    @rule(which=_INDEX)
    def give_up(self, which: int) -> None:
        """The process of a call in flight ends."""
        self.run(self.world.give_up(which))

    @rule()
    def compact(self) -> None:
        """Kafka compacts the topic of the statuses before everybody has read it."""
        self.run(self.world.publish())
        self.world.broker.compact()

    @rule(seed=SEEDS)
    def settle(self, seed: int) -> None:
        """Everything comes to its end."""
        self.run(self.world.settle(seed))
        invariants.check_settled(self.world)

    @invariant()
    def what_always_holds(self) -> None:
        """After each step, whatever is in flight."""
        self.run(self.world.look())
        invariants.check_always(self.world)

    def teardown(self) -> None:
        """At the end of a course without failure everything settles; then devices try every way in."""
        try:
            if sys.exc_info()[0] is None:
                self.settle(0)
                self.run(invariants.check_doors(self.world))
                self.run(self.world.settle(1))
                invariants.check_always(self.world)
                invariants.check_settled(self.world)
        finally:
            self.run(self.world.end())

    async def _deliver(self, which: int, way: Way) -> None:
        await self.world.publish()
        if waiting := self.world.broker.unread():
            await self.world.deliver(*waiting[which % len(waiting)], way)

    async def _catch_up(self, member: members.Member, order: Any) -> None:
        await self.world.publish()
        waiting = self.world.broker.unread(member)
        order.shuffle(waiting)
        for _, event in waiting:
            await self.world.deliver(member, event, Whole(0))
