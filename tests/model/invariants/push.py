"""push-registry: its documents say what it has announced, and a token has one place, or none."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from device_events import BLOCKING, catalog
from tests.model.invariants.statuses import Newest
from tests.model.world import World

_LIVE = {catalog.PUSH_REGISTERED, catalog.PUSH_UPDATED, catalog.PUSH_SEEN}


def check_always(world: World) -> None:
    """States are the sums of their events; no token is live twice, and none readable behind a block."""
    live: Counter[tuple[str, str]] = Counter()
    for subject, document in world.snapshot[catalog.PUSH_REGISTRY].items():
        state = document["state"]
        registrations = {one["application"]: one.get("token_digest") for one in state["registrations"]}
        assert registrations == _registrations(world, subject), f"{subject} is {state}"
        announced = world.books.of(catalog.PUSH_REGISTRY, subject)
        applied = [one.statussequence or 0 for one in announced if one.type == catalog.DEVICE_STATUS_APPLIED]
        assert state.get("status_sequence", 0) == max(applied, default=0), f"{subject} is {state}, announced {applied}"
        for one in state["registrations"]:
            assert ("token" in one) == ("token_digest" in one)
            if "token" in one:
                assert state.get("status") not in BLOCKING, f"{subject} is {state['status']} and has a token"
                live[one["application"], one["token"]] += 1
    assert set(live.values()) <= {1}, f"a token is live more than once: {live}"


def check_settled(world: World, newest: Mapping[str, Newest]) -> None:
    """The newest status is in force."""
    documents = world.snapshot[catalog.PUSH_REGISTRY]
    for device, one in newest.items():
        state = documents[device]["state"] if device in documents else {}
        assert (state.get("status") in BLOCKING) == one.is_blocked, f"{device} is {one.status}, here {state}"
        if one.is_blocked:
            assert not any("token" in held for held in state["registrations"])


def _registrations(world: World, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in world.books.of(catalog.PUSH_REGISTRY, subject):
        application = event.data.get("applicationId", "")
        if event.type in _LIVE:
            found[application] = event.data.get("tokenDigest")
        elif event.type == catalog.PUSH_DEREGISTERED:
            del found[application]
        elif event.type == catalog.PUSH_TOKEN_REMOVED:
            assert found[application] == event.data["tokenDigest"], f"{event} takes what is not there"
            found[application] = None
    return found
