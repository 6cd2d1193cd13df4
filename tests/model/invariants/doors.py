"""Every way in, tried by every device: shut to one that is shut out, open to all others."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from contacts.model import Registration
from contacts.usecases import register_device
from device_events import catalog
from mobile_platform import usecases as mobile
from push_registry import usecases as push
from push_registry.model import Details
from tests.model import fleet, members
from tests.model.calls import Call, Outcome, Whole
from tests.model.invariants import statuses
from tests.model.invariants.mobile import tokens_shut_out
from tests.model.invariants.statuses import Newest
from tests.model.members import Member
from tests.model.world import World

_STRANGER = "stranger"
_TOKENS = {fleet.DIGEST.of(token): token for token in fleet.TOKENS}


@dataclass(frozen=True, slots=True)
class Door:
    """A way in. `do` takes the service's resources; `what` says who knocks."""

    member: Member
    what: str
    do: Callable[[Any], Awaitable[Any]]


async def check_doors(world: World) -> None:
    """Once all is settled. What gets in stays in."""
    newest = statuses.newest(world)
    blocked = {key: one for key, one in newest.items() if one.is_blocked}
    # What must be shut comes first: a device that gets in takes its token from whoever has it.
    for device in fleet.DEVICES:
        if one := blocked.get(fleet.device_key(device)):
            for door in (*_own(device), *_by_its_tokens(world, device, one)):
                outcome = await _try(world, door)
                assert outcome.refusal is not None, f"{door.what} gets in, though {device} is {one.status}"
    for device in fleet.DEVICES:
        if fleet.device_key(device) not in blocked:
            for door in _own(device):
                outcome = await _try(world, door)
                assert outcome.refusal is None, f"{door.what} is refused: {outcome.refusal}"


async def _try(world: World, door: Door) -> Outcome:
    outcomes: list[Outcome] = []
    await world.call(Call(member=door.member, name=door.what, do=door.do, ended=outcomes.append), Whole(0))
    assert not outcomes[0].unknown, f"{door.what} gets no answer"
    return outcomes[0]


def _own(device: str) -> Iterator[Door]:
    """Under its own name, with a token that nobody has used."""
    for application in fleet.APPLICATIONS:
        yield _push(application, device, f"new-{device}")
    for backend in fleet.BACKENDS:
        yield _mobile(backend, device, f"new-{device}")
    for contact_list in fleet.CONTACTS.catalogue.contact_lists.values():
        for registration in (
            Registration(values={}, device_id=device),
            Registration(values={}, device_id=f"new-{device}", old_device_id=device),
        ):
            what = f"{registration.device_ids} in {contact_list.name}"
            yield Door(
                members.CONTACTS,
                what,
                partial(register_device, contact_list=contact_list, registration=registration),
            )


def _by_its_tokens(world: World, device: str, one: Newest) -> Iterator[Door]:
    """Under another name or none, with a token that it was using when it was shut out."""
    for digest in sorted(set(tokens_shut_out(world, fleet.device_key(device), one))):
        if digest in _TOKENS:
            yield _mobile(fleet.BACKENDS[0], None, _TOKENS[digest])
            yield _mobile(fleet.BACKENDS[1], _STRANGER, _TOKENS[digest])
    for event in world.books.of(catalog.PUSH_REGISTRY, fleet.device_key(device)):
        removed = event.type == catalog.PUSH_TOKEN_REMOVED and event.data["reason"] == "status"
        if removed and (event.statussequence or 0) >= (one.blocked_since or 0):
            yield _push(event.data["applicationId"], _STRANGER, _TOKENS[event.data["tokenDigest"]])


def _push(application: str, device: str, token: str) -> Door:
    details = Details(platform="A", token=token)
    do = partial(push.register, application=application, device_id=device, details=details)
    return Door(members.PUSH, f"{device} with {token} at {application}", do)


def _mobile(backend: str, device: str | None, token: str) -> Door:
    chosen = fleet.MOBILE.catalogue.backends[backend]
    payload = {"mobile_client": fleet.CLIENT, "token": token}
    do = partial(mobile.register, backend=chosen, caller=fleet.CALLER, payload=payload, device_id=device)
    return Door(members.MOBILE, f"{device} with {token} at {backend}", do)
