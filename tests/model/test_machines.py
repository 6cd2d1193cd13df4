"""The real use cases and reactions on a real MongoDB, driven by hypothesis against what must hold.

ROLLCALL_MODEL_EXAMPLES makes each machine take that many courses, chosen anew each time; by default they are few, and
always the same.
"""

import asyncio
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from structlog.testing import capture_logs

from chassis.mongo import connect
from tests.model.machine import Machine
from tests.model.rules.admin import AdminRules
from tests.model.rules.contacts import ContactsRules
from tests.model.rules.mobile import MobileRules
from tests.model.rules.push import PushRules
from tests.model.world import World

ASKED = int(os.environ.get("ROLLCALL_MODEL_EXAMPLES", "0"))
EXAMPLES, STEPS = 25, 25


class PushAndAdmin(PushRules, AdminRules):
    """Registrations and their tokens against statuses."""


class MobileAndAdmin(MobileRules, AdminRules):
    """Clients and their tokens against statuses."""


class ContactsAndAdmin(ContactsRules, AdminRules):
    """Contacts, their devices and custom events against statuses."""


class All(PushRules, MobileRules, ContactsRules, AdminRules):
    """The four services together: tokens that several of them know, and one cascade."""


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop that the machine's steps run on, one at a time."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


@pytest.fixture
def world(mongodb_uri: str, database_name: str, runner: asyncio.Runner) -> Iterator[World]:
    client = connect(mongodb_uri, application="model")
    world = World(client[database_name])
    runner.run(world.prepare())
    yield world
    runner.run(client.close())


@pytest.mark.timeout(0 if ASKED else 600)  # a failure is shrunk for up to five minutes
@pytest.mark.parametrize("machine", [PushAndAdmin, MobileAndAdmin, ContactsAndAdmin, All])
def test_what_must_hold_holds(machine: type[Machine], runner: asyncio.Runner, world: World) -> None:
    chosen = settings(
        max_examples=ASKED or EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=not ASKED,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        phases=(Phase.generate, Phase.shrink),
    )
    with capture_logs():  # crashes and lost answers are meant here
        factory: Any = partial(machine, runner, world)  # hypothesis asks for a class, and calls it
        run_state_machine_as_test(factory, settings=chosen)
