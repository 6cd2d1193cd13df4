"""Tokens and registrations: a hundred devices with one token, and a device that goes and comes a hundred times."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.local.demo.device import ADMIN
from deploy.local.demo.device import PUSH as REGISTRATIONS
from tests.faults.audit.losses import MOBILE, PUSH, Documents
from tests.faults.figures import Figures
from tests.faults.load.client import Answer
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life, basic
from tests.faults.registry import row
from tests.faults.world import World

CLIENTS = 100
COMINGS = 100
TRAVELLERS = 4
REMOVED_EVERY = 10  # comings


@dataclass
class Sharer(Life):
    """A device that comes with the token of all; `take` is refused while another that is shut out had it last."""

    token: str = ""

    async def take(self) -> Answer:
        """Take the token."""
        raise NotImplementedError

    @staticmethod
    def holders(documents: Documents) -> list[str]:
        """The keys of the devices that have a token."""
        raise NotImplementedError


@dataclass
class PushSharer(Sharer):
    """For push: each device has a registration of its own."""

    async def take(self) -> Answer:
        """Register for push with it."""
        body = {"deviceId": self.id, "platform": "A", "token": self.token, "userId": self.id}
        answer = await self.client.call("push-registry", "POST", REGISTRATIONS, self.bearer, self.rng, body=body)
        types = ("rollcall.push.registered.v1", "rollcall.push.updated.v1")
        return self._told(answer, PUSH, types, good={201}, refusals={401})

    @staticmethod
    def holders(documents: Documents) -> list[str]:
        """Those with a token in one of their registrations."""
        return [
            id
            for (source, id), document in documents.items()
            if source == PUSH and any("token" in one for one in document["state"].get("registrations", ()))
        ]


@dataclass
class MobileSharer(Sharer):
    """A mobile client: one registration, which goes from device to device."""

    @property
    def client_token(self) -> str:
        """That of all."""
        return self.token

    async def take(self) -> Answer:
        """Register the client with it."""
        return await self.register_mobile_client()

    @staticmethod
    def holders(documents: Documents) -> list[str]:
        """Those whose client is registered."""
        return [
            document["state"]["device"]
            for (source, id), document in documents.items()
            if source == MOBILE and id.startswith("client:") and document["state"].get("registered")
        ]


@row("100 clients with one token", group="tokens")
async def one_push_token(world: World, rounds: int, rng: random.Random) -> Figures:
    """Registrations for push; each takes it from the one before."""
    return await _shared(world, rounds, rng, PushSharer)


@row("100 mobile clients with one token", group="tokens")
async def one_client_token(world: World, rounds: int, rng: random.Random) -> Figures:
    """Registrations of mobile clients, each naming another device."""
    return await _shared(world, rounds, rng, MobileSharer)


async def _shared(world: World, rounds: int, rng: random.Random, kind: type[Sharer]) -> Figures:
    """The newest has it, nobody else; once that one is LOST nobody gets it, and once it is back somebody does."""
    await world.stack.start()
    wrong: list[str] = []
    for number in range(rounds):
        token, name = f"shared-{number}", f"sharer-{number}"
        lives = [
            kind(life.client, life.id, life.bearer, life.rng, token=token) for life in crowd(world, rng, name, CLIENTS)
        ]
        began = time.monotonic()
        await each(lives, kind.take, at_once=CLIENTS)
        await world.recovered(began)
        wrong += await _lose_and_find(world, lives)
    figures = await world.audit(notes=(f"{CLIENTS} devices at once, then LOST, then ACTIVE",))
    figures.find("out_of_order", *wrong)
    return figures


async def _lose_and_find(world: World, lives: Sequence[Sharer]) -> list[str]:
    """What went wrong when the one that has the token is LOST, and then is back."""
    before = await _holders(world, lives)
    if len(before) != 1:
        return [f"the token is held by {before}"]
    holder = next(life for life in lives if life.key == before[0])
    await holder.change_status("LOST", asynchronous=False)
    await world.settle()
    tried = zip(lives, await each(lives, lambda life: life.take()), strict=True)
    wrong = [f"{life.key} got the token of a LOST device" for life, answer in tried if answer.status != 401]
    wrong += [f"{key} holds it all the same" for key in await _holders(world, lives)]
    await holder.change_status("ACTIVE", asynchronous=False)
    await world.settle()
    await each(lives, lambda life: life.take(), at_once=CLIENTS)
    await world.settle()
    after = await _holders(world, lives)
    return wrong if len(after) == 1 else [*wrong, f"the token is held by {after} at last"]


async def _holders(world: World, lives: Sequence[Sharer]) -> list[str]:
    keys = {life.key for life in lives}
    return [key for key in type(lives[0]).holders(await world.auditor.store.documents()) if key in keys]


@row("deleted and created 100 times", group="tokens", rounds=1)
async def come_and_gone(world: World, rounds: int, rng: random.Random) -> Figures:
    """Registrations for push and mobile clients go and come, and sometimes device-admin forgets the device."""
    await world.stack.start()
    wrong: list[str] = []
    for number in range(rounds):
        lives = crowd(world, rng, f"traveller-{number}", TRAVELLERS)
        await each(lives, Life.begin)
        await world.settle()
        began = time.monotonic()
        await each(lives, _come_and_go)
        await world.recovered(began)
        wrong += _missing(await world.auditor.store.documents(), lives)
        await each(lives, lambda life: life.change_status("LOST", asynchronous=False))
        await world.settle()
    figures = await world.audit(notes=(f"{TRAVELLERS} devices side by side, {COMINGS} times each",))
    figures.find("lost", *wrong)
    return figures


def _missing(documents: Documents, lives: list[Life]) -> Iterator[str]:
    for life in lives:
        if (announced := documents[PUSH, life.key]["sequence"]) < 2 * COMINGS:
            yield f"{life.key} has announced {announced} changes of {2 * COMINGS}"
        clients = [
            id
            for (source, id), one in documents.items()
            if source == MOBILE and one["state"].get("device") == life.key and id.startswith("client:")
        ]
        if len(clients) != 1:
            yield f"{life.key} has left {len(clients)} clients"


async def _come_and_go(life: Life) -> None:
    for coming in range(COMINGS):
        await life.deregister_from_push()
        await life.deregister_mobile_client()
        if coming % REMOVED_EVERY == 0:
            await _forget(life)
        await life.register_for_push()
        await life.register_mobile_client()


async def _forget(life: Life) -> None:
    path = f"{ADMIN}/devices/{life.id}?async=false"
    answer = await life.client.call("device-admin", "DELETE", path, basic("operator"), life.rng)
    if answer.status not in (200, 404):
        life.client.journal.failed.append(f"DELETE of {life.key} answered {answer.status}: {answer.data}")
