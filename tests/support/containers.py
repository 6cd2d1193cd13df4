"""MongoDB and Kafka as containers, on a machine whose Docker engine answers and has, or quickly gets, the images."""

import gc
import threading
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from docker.client import DockerClient
from docker.errors import DockerException, ImageNotFound
from pymongo import AsyncMongoClient
from requests import RequestException
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.local.backends.kafka import lists_brokers
from deploy.local.backends.ports import LOOPBACK, free_port
from tests.support.polling import eventually

MONGODB_IMAGE = "mongo:8.0"
KAFKA_IMAGE = "apache/kafka:4.3.1"
STAND_IN = "rollcall.stand-in"  # the label that deploy/docker/offline-images.sh gives
ANSWERS_WITHIN = 3
PULLED_WITHIN = 60.0
READY_WITHIN = 60.0
FAILURES = (DockerException, RequestException)


@cache
def engine() -> DockerClient | None:
    """The Docker engine, if one answers at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the client forgets the socket of a refused connection
        client = _connected()
        gc.collect()
    return client


def _connected() -> DockerClient | None:
    try:
        client: DockerClient = DockerClient.from_env(timeout=ANSWERS_WITHIN)
        client.ping()
    except FAILURES:
        return None
    return client


@cache
def has_image(name: str) -> bool:
    """Whether the image is there, or comes in time; a slow download goes on alone and serves the next run."""
    client = engine()
    if client is None:
        return False
    try:
        client.images.get(name)
    except ImageNotFound:
        pull = threading.Thread(target=_pull, args=(name,), daemon=True)
        pull.start()
        pull.join(PULLED_WITHIN)
        return not pull.is_alive() and _is_there(client, name)
    except FAILURES:
        return False
    return True


def label(name: str) -> str:
    """What a report calls a container of this image; a stand-in for it says what it really is."""
    client = engine()
    what = client.images.get(name).labels.get(STAND_IN) if client and _is_there(client, name) else None
    return f"{name} (container; a stand-in: {what})" if what else f"{name} (container)"


def _pull(name: str) -> None:
    try:
        DockerClient.from_env(timeout=600).images.pull(name)
    except FAILURES:
        return  # has_image looks for itself


def _is_there(client: DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except FAILURES:
        return False
    return True


@asynccontextmanager
async def mongodb(_: Path) -> AsyncIterator[str]:
    """A replica set of one, spoken to directly: the name it knows itself by means nothing outside its container."""
    container = _container(MONGODB_IMAGE, 27017).with_command("--replSet rs0 --bind_ip_all")
    with container:
        uri = (
            f"mongodb://{container.get_container_host_ip()}:{container.get_exposed_port(27017)}/?directConnection=true"
        )
        async with AsyncMongoClient[dict[str, object]](uri) as client:
            members = [{"_id": 0, "host": "localhost:27017"}]
            await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})

            async def leads() -> bool:
                return bool((await client.admin.command("hello")).get("isWritablePrimary"))

            await eventually(leads, within=READY_WITHIN)
        yield uri


@asynccontextmanager
async def kafka(_: Path) -> AsyncIterator[str]:
    """A broker on a port chosen beforehand, because it has to tell its clients that very port."""
    port = free_port()
    container = _container(KAFKA_IMAGE, 9092, port)
    bootstrap = f"{container.get_container_host_ip()}:{port}"
    for name, value in _kafka_settings(bootstrap).items():
        container.with_env(name, value)
    with container:
        await eventually(lambda: lists_brokers(bootstrap), within=READY_WITHIN)
        yield bootstrap


def _container(image: str, port: int, host_port: int | None = None) -> DockerContainer:
    """A container to start, its port published as this one or as any free one."""
    # An engine behind a socket publishes here, even if this machine looks like a container itself; one elsewhere, or
    # of the machine around this container, is named by DOCKER_HOST or TESTCONTAINERS_HOST_OVERRIDE.
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    # Its container removes what a killed run left. Without its image, what ends in order is still removed.
    testcontainers_config.ryuk_disabled |= not has_image(testcontainers_config.ryuk_image)
    container = DockerContainer(image).with_bind_ports(port, host_port)
    if container.get_container_host_ip() == "localhost":
        # Servers without a password are nobody else's. Docker takes a pair; testcontainers' own types lack it.
        container.ports[str(port)] = (LOOPBACK, host_port)  # type: ignore[assignment]
    return container


def _kafka_settings(bootstrap: str) -> dict[str, str]:
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": "CLIENTS://:9092,CONTROLLER://:9093,INSIDE://:9094",
        "ADVERTISED_LISTENERS": f"CLIENTS://{bootstrap},INSIDE://localhost:9094",
        "INTER_BROKER_LISTENER_NAME": "INSIDE",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    return {f"KAFKA_{name}": value for name, value in settings.items()}
