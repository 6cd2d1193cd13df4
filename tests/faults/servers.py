"""The backends of a run, each a process of its own that can be killed, paused and brought back on the same data."""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from deploy.local import secrets
from deploy.local.backends import Kafka, Mongod, Server
from deploy.local.backends.ports import LOOPBACK, free_port
from tests.support.proxy import Proxy, is_produce, proxying
from tests.support.tokens import TokenIssuer, serving


class Pausable(Server):
    """A server that can be made to stand still, its connections open."""

    def pause(self) -> None:
        """SIGSTOP: it answers nothing and closes nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the running process. Raises ProcessLookupError if there is none."""
        if self.pid is None:
            raise ProcessLookupError(f"{self.name} does not run")
        os.kill(self.pid, number)

    async def restore(self) -> None:
        """Have it serve again, whatever was done to it."""
        if self.pid is None:
            await self.start()
        else:
            self.resume()


class FaultMongod(Pausable, Mongod):
    """A mongod whose fail points can be set."""

    def command(self) -> list[str]:
        """With the commands that only tests may use."""
        return [*super().command(), "--setParameter", "enableTestCommands=1"]

    async def fail(self, mode: str | Mapping[str, Any], **data: Any) -> None:
        """Set the fail point `failCommand`: `mode` is "off", "alwaysOn" or {"times": n}.

        `data` is MongoDB's own: failCommands, errorCode, closeConnection, writeConcernError, blockConnection,
        blockTimeMS, appName (the service's name).
        """
        async with AsyncMongoClient[dict[str, Any]](self.uri) as client:
            await client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)


class FaultKafka(Pausable, Kafka):
    """A broker with a second listener, which tells its clients that they reach it at the proxy's port."""

    def __init__(self, data: Path, logs: Path, *, proxied_port: int, proxy_port: int) -> None:
        """It listens on `proxied_port` for what comes through the proxy on `proxy_port`."""
        super().__init__(data, logs)
        self._proxied = f"PROXIED://{LOOPBACK}:{proxied_port}"
        self._advertised = f"PROXIED://{LOOPBACK}:{proxy_port}"

    async def prepare(self) -> None:
        """Add the listener to the settings."""
        await super().prepare()
        added = {
            "listeners=": self._proxied,
            "advertised.listeners=": self._advertised,
            "listener.security.protocol.map=": "PROXIED:PLAINTEXT",
        }
        lines = self._settings.read_text().splitlines()
        for beginning, more in added.items():
            lines = [f"{line},{more}" if line.startswith(beginning) else line for line in lines]
        self._settings.write_text("\n".join(lines) + "\n")


@dataclass(frozen=True)
class Servers:
    """What runs during all rows. Proxies forward until a row tells them otherwise.

    `kafka_proxy.address` as bootstrap server, or `mongo_proxy.uri`, leads a replica through the proxy, for good.
    """

    folder: Path
    mongod: FaultMongod
    kafka: FaultKafka
    issuer: TokenIssuer
    mongo_proxy: Proxy
    kafka_proxy: Proxy
    secrets: Mapping[str, str]

    async def restore(self) -> None:
        """Undo whatever a row has done to them."""
        for proxy in (self.mongo_proxy, self.kafka_proxy):
            proxy.mend()
        for server in (self.mongod, self.kafka):
            await server.restore()
        await self.mongod.fail("off")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Servers]:
    """mongod, Apache Kafka, an issuer of tokens and two proxies, stopped at the end."""
    logs, proxied_port = folder / "logs", free_port()
    async with AsyncExitStack() as stack:
        kafka_proxy = await stack.enter_async_context(proxying(LOOPBACK, proxied_port, is_write=is_produce))
        mongod = FaultMongod(folder / "mongod", logs)
        kafka = FaultKafka(folder / "kafka", logs, proxied_port=proxied_port, proxy_port=kafka_proxy.port)
        for server in (mongod, kafka):
            await stack.enter_async_context(server)
        yield Servers(
            folder=folder,
            mongod=mongod,
            kafka=kafka,
            issuer=await stack.enter_async_context(serving(TokenIssuer())),
            mongo_proxy=await stack.enter_async_context(proxying(LOOPBACK, mongod.port)),
            kafka_proxy=kafka_proxy,
            secrets=secrets.write(folder / "secrets"),
        )
