"""Two replicas of each service behind balancers, replaced one by one under steady load: nobody notices.

UPGRADE_FROM and UPGRADE_TO are git revisions, each if given the build that runs before or after; else it is this one.

Times are the broker's and the database's own: from the record of a status change to the record of its effect.
"""

import asyncio
import contextlib
import os
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Mapping, Set
from pathlib import Path

import aiohttp
import pytest

from deploy.local.service import REPOSITORY
from device_events import Event, KafkaConnection, catalog
from tests.e2e.rolling.effects import SERVICES, Effects, effects
from tests.e2e.rolling.traffic import Traffic
from tests.support.balancer import balancing
from tests.support.polling import eventually
from tests.support.service_processes import Backends, Replica
from tests.support.tokens import TokenIssuer, serving

NAMES = ("push-registry", "device-admin", "contacts", "mobile-platform")
LONGEST_GAP = 3.0  # seconds without an effect, and from a change to its effect
CALM = 120  # status changes before the first restart: what this machine takes by itself

pytestmark = pytest.mark.timeout(400)


def build(variable: str, folder: Path) -> Path:
    """The code of the revision that the variable names, laid into the folder; without one this tree's."""
    revision = os.environ.get(variable)
    if not revision:
        return REPOSITORY
    folder.mkdir()
    archive = ["git", "-C", str(REPOSITORY), "archive", "--output", str(folder / "build.tar"), revision]
    subprocess.run([*archive, "libs", "services"], check=True)
    with tarfile.open(folder / "build.tar") as packed:
        packed.extractall(folder, filter="data")
    print(f"{variable.removeprefix('UPGRADE_').lower()} {revision}", flush=True)
    return folder


async def restart(replica: Replica, build: Path) -> None:
    """As a Deployment does: SIGTERM, and a start of the other build once it has ended by itself."""
    began = time.monotonic()
    replica.terminate()
    assert await asyncio.wait_for(replica.ended(), 30) == 0
    stopped = time.monotonic() - began
    replica.build = build
    await replica.start()
    print(f"{replica.name}: stopped in {stopped:.1f} s, back after {time.monotonic() - began:.1f} s", flush=True)


async def test_a_rolling_upgrade_fails_no_request_and_loses_and_doubles_nothing(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, tmp_path: Path
) -> None:
    old, new = build("UPGRADE_FROM", tmp_path / "from"), build("UPGRADE_TO", tmp_path / "to")
    async with serving(TokenIssuer()) as issuer, contextlib.AsyncExitStack() as stack:
        backends = Backends(tmp_path, mongodb_uri, database_name, kafka, issuer)
        replicas = {name: backends.replicas(name, 2, DRAIN_DELAY="1", SHUTDOWN_TIMEOUT="5") for name in NAMES}
        for replica in [one for both in replicas.values() for one in both]:
            replica.build = old
        await asyncio.gather(
            *(stack.enter_async_context(one) for both in replicas.values() for one in both),
        )
        balancers = {
            name: await stack.enter_async_context(balancing([one.url for one in both]))
            for name, both in replicas.items()
        }
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        traffic = Traffic({name: one.url for name, one in balancers.items()}, http, issuer)
        await traffic.prepare()
        async with traffic.running():
            await eventually(lambda: traffic.counts["device-admin"] >= CALM, within=60)
            first = (await effects(kafka, mongodb_uri, database_name)).changes(traffic.operated)
            for both in replicas.values():
                for replica in both:
                    await restart(replica, new)
        again = {name: one.counts["tried_again"] for name, one in balancers.items()}
        print(f"\n{len(traffic.failures)} failed of {traffic.counts.total()} requests: {dict(traffic.counts)}")
        print(f"tried again by the balancers: {again}")
        assert traffic.failures == []
        assert min(traffic.counts[name] for name in NAMES) > 100

        async def all_there() -> Effects:
            found = await effects(kafka, mongodb_uri, database_name)
            _require_everything_once(found, traffic)
            return found

        found: Effects = await eventually(all_there, within=30, every=1)
        changes, overtaken = found.changes(traffic.operated), found.overtaken()
        print(f"{len(overtaken)} of {len(changes)} status changes were overtaken by later ones of their devices")
        assert len(overtaken) <= len(changes) / 100
        _require_short_gaps(found, {id: one for id, one in changes.items() if one.id not in overtaken}, set(first))


def _require_everything_once(found: Effects, traffic: Traffic) -> None:
    """Each acknowledged request is announced once, and each status change has had its effect once, everywhere."""
    users = Counter(
        event.data.get("userId") for event in found.of(catalog.PUSH_UPDATED) + found.of(catalog.PUSH_REGISTERED)
    )
    assert users == Counter(user for given in traffic.users.values() for user in given)
    invites = [event for event in found.of(catalog.CUSTOM_EVENT_TRIGGERED) if event.data["cause"] == "call"]
    assert Counter(event.data["values"]["FirstName"] for event in invites) == Counter(
        name for given in traffic.names.values() for name in given
    )
    assert Counter(event.data["deviceId"] for event in found.of(catalog.MOBILE_CLIENT_REGISTERED)) == Counter(
        {device: len(given) for device, given in traffic.clients.items()}
    )
    changes, overtaken = found.changes(traffic.operated), found.overtaken()
    acknowledged = {id for given in traffic.transactions.values() for id in given}
    assert acknowledged <= set(changes)
    applied = found.by_cause(catalog.DEVICE_STATUS_APPLIED)
    alerts = found.by_cause(catalog.CUSTOM_EVENT_TRIGGERED)
    for event in changes.values():
        least = 0 if event.id in overtaken else 1
        for name in SERVICES:
            assert least <= len(applied[event.id, name]) <= 1, f"{event} in {name}"
        due = 1 if event.data["status"] == "LOST" else 0
        assert least * due <= len(alerts.get((event.id, "contacts"), ())) <= due, f"alerts of {event}"
    assert set(alerts) <= {(event.id, "contacts") for event in changes.values()}
    settled = {(id, name) for id in acknowledged for name in SERVICES if changes[id].id not in overtaken}
    assert settled <= set(found.acknowledged)


def _require_short_gaps(found: Effects, changes: Mapping[str, Event], before: Set[str]) -> None:
    """No longer than before the first restart, and three seconds."""
    calm, restarting = (
        _longest(found, {id: event for id, event in changes.items() if (id in before) is early})
        for early in (True, False)
    )
    print(f"{len(changes)} status changes; the longest, in seconds, before the restarts and during them:")
    print("\n".join(f"  {calm[what]:4.1f} {seconds:4.1f}  {what}" for what, seconds in restarting.items()))
    late = {what: seconds for what, seconds in restarting.items() if seconds >= LONGEST_GAP + calm[what]}
    assert late == {}


def _longest(found: Effects, changes: Mapping[str, Event]) -> Mapping[str, float]:
    return {
        **{f"{name}: without an effect": max(found.gaps(name, changes)) for name in SERVICES},
        **{f"{name}: from change to effect": max(found.waits(name, changes)) for name in SERVICES},
        "device-admin: without an acknowledgement": max(found.acknowledgement_gaps(changes)),
    }
