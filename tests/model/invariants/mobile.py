"""mobile-platform: who is registered was announced so, and nobody is whose device or token is shut out."""

from collections.abc import Iterator, Mapping

from device_events import catalog
from tests.model.invariants.statuses import Newest
from tests.model.world import World

_REGISTERED, _GONE = catalog.MOBILE_CLIENT_REGISTERED, catalog.MOBILE_CLIENT_DEREGISTERED


def check_always(world: World) -> None:
    """A client is registered or gone as it last announced; of who is gone nothing personal is left."""
    for subject, document in world.snapshot[catalog.MOBILE_PLATFORM].items():
        state = document["state"]
        if not subject.startswith("client:"):
            continue
        registered = False
        for event in world.books.of(catalog.MOBILE_PLATFORM, subject):
            assert event.type == _REGISTERED or registered, f"{subject} went twice: {event}"
            registered = event.type == _REGISTERED
        assert bool(state.get("registered")) == registered, f"{subject} is {state}"
        assert registered or not state.keys() & {"token", "user"}, f"{subject} is gone, and left {state}"


def check_settled(world: World, newest: Mapping[str, Newest]) -> None:
    """The clients of a device that is shut out are gone, and so is whoever uses one of its tokens."""
    documents = world.snapshot[catalog.MOBILE_PLATFORM]
    clients = {subject: one["state"] for subject, one in documents.items() if subject.startswith("client:")}
    live = {subject: state for subject, state in clients.items() if state.get("registered")}
    for device, one in newest.items():
        block = documents[device]["state"]
        assert (block["status"], block["sequence"]) == (one.status, one.event.sequence), f"{device}: {block}"
        assert block["applied"] == block["sequence"]
        if not one.is_blocked:
            continue
        shut_out = set(tokens_shut_out(world, device, one))
        for subject, state in live.items():
            assert state.get("device") != device, f"{subject} is registered, its device {device} is {one.status}"
            assert state["digest"] not in shut_out, f"{subject} has a token of {device}, which is {one.status}"


def tokens_shut_out(world: World, device: str, one: Newest) -> Iterator[str]:
    """The digests of the tokens that a device was using when it was shut out."""
    for event in world.books.named(catalog.PUSH_TOKEN_REMOVED, _GONE):
        by_status = event.deviceid == device and event.data["reason"] == "status"
        if by_status and (event.statussequence or 0) >= (one.blocked_since or 0):
            yield event.data["tokenDigest"]
