"""Apache Kafka as one process that is broker and controller, from the jars that Maven fetched."""

import asyncio
import base64
import logging
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.backends import kafka_jars
from deploy.local.backends.ports import answers, free_port
from deploy.local.backends.server import BackendError, Server

# Start-up is most of what this machine will see of this JVM: the quick compiler and the simple collector suit it.
JVM = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
TEMPLATE = kafka_jars.HERE / "kafka.properties"
LOGGING = kafka_jars.HERE / "kafka-log.properties"


class Kafka(Server):
    """A broker whose topics, records and offsets survive a kill and a new start on the same folder."""

    name = "kafka"

    def __init__(self, data: Path, logs: Path, *, port: int | None = None) -> None:
        """The controller has a port of its own that no client needs to know."""
        super().__init__(data, logs, port=port)
        self.controller_port = free_port()

    @property
    def bootstrap(self) -> str:
        """What a client connects with."""
        return self.address

    @property
    def _settings(self) -> Path:
        return self.data / "server.properties"

    @property
    def _records(self) -> Path:
        return self.data / "records"

    async def prepare(self) -> None:
        """Fetch the jars if need be, write the settings, and format the folder the first time."""
        await super().prepare()
        await asyncio.to_thread(kafka_jars.fetch)
        self._settings.write_text(self.settings())
        if not (self._records / "meta.properties").exists():
            await self._format()

    def settings(self) -> str:
        """The text of server.properties."""
        return Template(TEMPLATE.read_text()).substitute(
            port=self.port, controller_port=self.controller_port, log_dir=self._records.resolve()
        )

    def format_options(self) -> Sequence[str]:
        """What the folder is formatted with besides its settings."""
        return ()

    def login(self) -> Mapping[str, Any]:
        """What a client of aiokafka is told besides the address."""
        return {}

    def command(self) -> list[str]:
        """The broker's own main class, without the shell scripts around it."""
        return self._java("kafka.Kafka", str(self._settings))

    async def ready(self) -> bool:
        """A listening port is not enough: until it has registered with its controller a broker refuses its clients."""
        return await answers(self.port) and await lists_brokers(self.bootstrap, **self.login())

    async def _format(self) -> None:
        cluster, options = cluster_id(), self.format_options()
        formatting = await asyncio.create_subprocess_exec(
            *self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings), *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await formatting.communicate()
        if formatting.returncode != 0:
            raise BackendError(f"Kafka could not format its folder: {said.decode(errors='replace')[-600:]}")

    def _java(self, main: str, *arguments: str) -> list[str]:
        classpath = f"{kafka_jars.jars_folder()}/*"
        logging_as = f"-Dlog4j2.configurationFile={LOGGING}"
        return [kafka_jars.java(), *JVM, logging_as, "-cp", classpath, main, *arguments]


async def lists_brokers(bootstrap: str, **login: Any) -> bool:
    """Whether the broker answers a client's first question with a broker to talk to."""
    client_log = logging.getLogger("aiokafka")
    level = client_log.level
    client_log.setLevel(logging.CRITICAL)  # that it is not there yet is what is being asked
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000, **login)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
        client_log.setLevel(level)


def cluster_id() -> str:
    """A new id in Kafka's spelling; one that began with a dash would be taken for an option."""
    while True:
        spelled = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not spelled.startswith("-"):
            return spelled
