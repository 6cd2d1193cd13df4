"""What must hold: `check_always` after each step, `check_settled` once all is delivered, `check_doors` by trying."""

from tests.model.invariants import admin, contacts, mobile, push, statuses
from tests.model.invariants.doors import check_doors
from tests.model.world import World

__all__ = ["check_always", "check_doors", "check_settled"]


def check_always(world: World) -> None:
    """Whatever is in flight, undelivered or given up half-way."""
    world.books.check_calls()
    statuses.check_always(world)
    admin.check_always(world)
    push.check_always(world)
    mobile.check_always(world)
    contacts.check_always(world)


def check_settled(world: World) -> None:
    """All events are delivered to everybody, and nothing is in flight."""
    check_always(world)
    newest = statuses.newest(world)
    statuses.check_settled(world, newest)
    admin.check_settled(world)
    push.check_settled(world, newest)
    mobile.check_settled(world, newest)
    contacts.check_settled(world, newest)
