"""The world of one row: a database, topics, mailbox and replicas of its own, its load and its auditor."""

import random
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pymongo import AsyncMongoClient

from deploy.local.backends import MailSink
from deploy.local.demo.device import SCOPE
from tests.faults import probe
from tests.faults.audit.auditor import Auditor
from tests.faults.audit.documents import Document, Store
from tests.faults.audit.records import Log
from tests.faults.audit.states import shut_out
from tests.faults.figures import Figures
from tests.faults.journal import Journal
from tests.faults.load.load import RATE, WORKERS, Fleet, fleet
from tests.faults.servers import FaultKafka, FaultMongod, Servers
from tests.faults.stack import Stack
from tests.support.polling import eventually
from tests.support.proxy import Proxy

SETTLES_WITHIN = 120.0
TOKEN_LIFETIME = 6 * 3_600
PROBED = 20  # devices


@dataclass
class World:
    """What a row works with. Nothing runs in it until `stack.start()`.

    `patience` is how many seconds are given to settle when nobody says otherwise.
    """

    servers: Servers
    stack: Stack
    mail: MailSink
    journal: Journal
    fleet: Fleet
    auditor: Auditor
    bearer: str
    recoveries: list[float] = field(default_factory=list)
    patience: float = SETTLES_WITHIN

    @property
    def mongod(self) -> FaultMongod:
        """Can be killed, started, paused, resumed, and told to fail commands."""
        return self.servers.mongod

    @property
    def kafka(self) -> FaultKafka:
        """Can be killed, started, paused and resumed."""
        return self.servers.kafka

    @property
    def mongo_proxy(self) -> Proxy:
        """On the way of replicas that are told its `uri` as MONGODB_URI."""
        return self.servers.mongo_proxy

    @property
    def kafka_proxy(self) -> Proxy:
        """On the way of replicas that are told its `address` as KAFKA_BOOTSTRAP_SERVERS."""
        return self.servers.kafka_proxy

    def load(self, *, rate: float = RATE, workers: int = WORKERS) -> AbstractAsyncContextManager[None]:
        """Load on all services while inside, recorded; `rate` is requests a second at the most."""
        return self.fleet.living(rate=rate, workers=workers)

    async def settle(self, *, within: float | None = None) -> list[str]:
        """Wait until nothing is under way; returns what still is when the time is up. Without load, or in vain."""
        found: list[str] = ["nothing was looked at"]

        async def settled() -> bool:
            nonlocal found
            found = await self.auditor.unsettled()
            return not found

        try:
            await eventually(settled, within=self.patience if within is None else within, every=0.2)
        except AssertionError:
            return found
        return []

    async def recovered(self, since: float, *, within: float | None = None) -> None:
        """Settle after a fault that ended at `since` (time.monotonic()) and note the seconds it took.

        What does not settle is not raised: the audit finds it.
        """
        await self.settle(within=within)
        self.recoveries.append(time.monotonic() - since)

    async def audit(self, *, dead_letters: int = 0, mails_excused: int = 0, notes: tuple[str, ...] = ()) -> Figures:
        """The row's figures: settled, every way in tried by devices that are shut out, and the books balanced.

        `dead_letters` is how many the row expects, `mails_excused` how many mails may come again because a handler
        died between the mail server's word and its record, which SMTP cannot tell. Both are said in the notes.
        """
        await self.settle()
        out = shut_out(await self.auditor.events())
        found = await probe.ways_in(self.stack, self.bearer, out[:PROBED])
        await self.settle()
        figures = await self.auditor.balance(self.journal, dead_letters=dead_letters)
        figures.find("readable", *found)
        figures.mails_excused = mails_excused
        figures.recoveries = list(self.recoveries)
        figures.notes = list(notes)
        return figures


@asynccontextmanager
async def world(
    servers: Servers, rng: random.Random, *, prepared: Sequence[str] = (), patience: float = SETTLES_WITHIN
) -> AsyncIterator[World]:
    """A new world; afterwards its processes are gone, its data dropped, and the servers as they were.

    `prepared` are functions (module:function) that each replica calls before anything else.
    """
    name = secrets.token_hex(3)
    folder = servers.folder / name
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(MailSink(folder / "mailbox", folder / "logs"))
        replicas = Stack(servers, name, mail)
        for replica in replicas.replicas.values():
            replica.arguments += [f"--with={function}" for function in prepared]
        client = await stack.enter_async_context(AsyncMongoClient[Document](servers.mongod.uri))
        journal = Journal()
        bearer = servers.issuer.headers(SCOPE, exp=int(time.time()) + TOKEN_LIFETIME)["Authorization"]
        addresses = {service: replicas.urls(service) for service in replicas.services}
        devices = await stack.enter_async_context(fleet(addresses, journal, rng, bearer, name))
        auditor = Auditor(Log(servers.kafka.bootstrap, replicas.prefix), Store(client, replicas.database), mail.data)
        try:
            yield World(servers, replicas, mail, journal, devices, auditor, bearer, patience=patience)
        finally:
            await replicas.kill([replica for replica in replicas.of(replicas.services) if replica.pid])
            await servers.restore()
            await replicas.remove()
            await client.drop_database(replicas.database)
