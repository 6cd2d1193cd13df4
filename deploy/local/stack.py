"""The whole stack: everything started in order, described in stack.json, and stopped in the opposite order."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from deploy.local import people, secrets
from deploy.local.backends import Server
from deploy.local.backends.ports import LOOPBACK
from deploy.local.foundation import Foundation, foundation
from deploy.local.group import together
from deploy.local.home import Home, require_free, shown
from deploy.local.options import Options
from deploy.local.progress import Progress
from deploy.local.roster import services


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that serves: its record, as stack.json has it, and every server in it."""

    record: dict[str, Any]
    servers: Sequence[Server]


@asynccontextmanager
async def running(options: Options, progress: Progress) -> AsyncIterator[Stack]:
    """A stack that serves while inside. Raises BackendError if it cannot, leaving nothing behind."""
    require_free(options.ports)
    home = Home(options.home)
    with home.taken():
        try:
            async with _started(options, home, progress) as stack:
                yield stack
        finally:
            progress.say("stopped")


@asynccontextmanager
async def _started(options: Options, home: Home, progress: Progress) -> AsyncIterator[Stack]:
    progress.say(f"starting; logs are in {shown(home.logs)}")
    files = asyncio.create_task(asyncio.to_thread(secrets.write, home.secrets))
    async with foundation(options, home, progress) as base:
        secret = await files
        ours = services(options, home, base, secret)
        async with together(ours, progress):
            servers = [*base.servers, *ours]
            record = describe(base, options, servers, secret)
            home.write_record(record)
            progress.say(f"everything is ready; addresses and credentials are in {shown(home.record)}")
            try:
                yield Stack(record, servers)
            finally:
                progress.say("stopping")


def describe(base: Foundation, options: Options, servers: Sequence[Server], files: Mapping[str, str]) -> dict[str, Any]:
    """What stack.json says. Its keys are stable: tools and tests read them.

    `variables` are what the operator's command is told; `files` are those of the secrets by their variables.
    """
    admin_name, admin_password = people.credentials()["admin"]
    return {
        "services": {name: f"http://{LOOPBACK}:{port}" for name, port in options.ports.items()},
        "mongodb_uri": base.mongodb_uri,
        "mongodb_database": base.database,
        "kafka_bootstrap_servers": ",".join(base.kafka.bootstrap_servers),
        "kafka_topic_prefix": base.kafka.topic_prefix,
        "credentials": people.credentials(),
        "smtp": {"host": LOOPBACK, "port": base.mail.port, "mailbox": str(base.mail.data)},
        "pids": {server.name: server.pid for server in servers},
        "variables": {
            **base.variables(),
            **{variable: files[variable] for variable in ("CATALOGUE_FILE", "ENC_CONTACT_ID_KEYS_FILE")},
            "DEVICE_ADMIN_URL": f"http://{LOOPBACK}:{options.ports['device-admin']}",
            "DEVICE_ADMIN_USER": admin_name,
            "DEVICE_ADMIN_PASSWORD": admin_password,
        },
    }
