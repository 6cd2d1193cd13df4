"""Replicas of one service as processes of their own, as in production, on backends that a test names."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from deploy.local import secrets
from deploy.local.backends import MailSink
from deploy.local.backends.ports import free_port
from deploy.local.foundation import Foundation
from deploy.local.roster import settings
from deploy.local.service import REPOSITORY, Service
from device_events import KafkaConnection
from tests.faults.servers import Pausable
from tests.support.tokens import TokenIssuer

NO_ISSUER = "nobody|nobody|http://127.0.0.1:9/jwks"


class Replica(Pausable, Service):
    """One process of a service; from its next start on it is the build that `build` has in libs and services."""

    build: Path = REPOSITORY

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://{self.address}"

    def environment(self) -> Mapping[str, str]:
        """As any service's, with the build's own code."""
        imported_from = os.pathsep.join(str(self.build / folder) for folder in ("libs", "services"))
        return {**super().environment(), "PYTHONPATH": imported_from}

    def terminate(self) -> None:
        """SIGTERM, as an orchestrator sends it."""
        self.signal(signal.SIGTERM)


@dataclass(frozen=True)
class Backends:
    """What the replicas share. `folder` is theirs: secrets, logs."""

    folder: Path
    mongodb_uri: str
    database: str
    kafka: KafkaConnection
    issuer: TokenIssuer | None = None

    def replicas(self, service: str, count: int = 1, **variables: str) -> Sequence[Replica]:
        """So many replicas, none started; `variables` are told to each."""
        mail = MailSink(self.folder / "mail", self.folder)
        base = Foundation(self.mongodb_uri, self.database, self.kafka, mail, ())
        trusted = self.issuer.trusted if self.issuer else None
        known = f"{trusted.issuer}|{trusted.audience}|{trusted.jwks_url}" if trusted else NO_ISSUER
        told = settings(base, secrets.write(self.folder / "secrets"), trusted=known)[service]
        own = {**told, "LOG_LEVEL": "WARNING", "SWEEP_EVERY": "0.5", "SWEEP_AGE": "1", **variables}
        return [Replica(service, self.folder / f"replica-{n}", own, port=free_port()) for n in range(1, count + 1)]


async def readiness(url: str) -> tuple[int, Any]:
    """What /health/ready says, over a connection of its own; 0 when nobody answers."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(f"{url}/health/ready") as answer,
        ):
            return answer.status, await answer.json()
    except (aiohttp.ClientError, TimeoutError):
        return 0, {}
