"""Which service is late with a status, and what that makes of the answer."""

import argparse
from typing import Any, cast

from rollcall.administration import Administration, NotThere
from rollcall.outcome import Unfinished
from rollcall.status import _exit, _lines, _set
from tests.unit.rollcall.test_sightings import PLAIN

APPLIED = {"service": "push-registry", "applied": True, "effects": {"tokensRemoved": 1}, "milliseconds": 77}
LATE = {"service": "contacts", "applied": False, "effects": {}, "milliseconds": None}


class Admin:
    """device-admin, in whose cascade contacts is late for so many questions; the first finds it away."""

    def __init__(self, late: int) -> None:
        self.late = late
        self.asked = 0

    async def set_status(self, runtime: str, device: str, status: str, *, asynchronous: bool) -> dict[str, Any]:
        if device == "nobody":
            raise NotThere("The device nobody does not exist")
        return {"id": 7, "status": "SUCCESS", "errors": []}

    async def cascade(self, runtime: str, transaction: int) -> dict[str, Any]:
        self.asked += 1
        if self.asked == 1:
            raise Unfinished("away")
        done = self.asked > self.late
        contacts = {**LATE, "applied": True, "milliseconds": 90} if done else LATE
        return {"transactionStatus": "SUCCESS", "services": [contacts, APPLIED]}


async def done(admin: Admin, device: str = "d", *, timeout: float = 5.0) -> dict[str, Any]:
    args = argparse.Namespace(runtime="r", status="LOST", asynchronous=False, wait=True, timeout=timeout)
    return await _set(cast(Administration, admin), args, device)


async def test_the_cascade_is_asked_for_until_all_have_applied_it() -> None:
    admin = Admin(late=3)
    answer = await done(admin)
    assert (admin.asked, answer["late"], answer["ok"], _exit(answer)) == (4, [], True, 0)
    assert _lines(answer, PLAIN) == [
        "r/d: LOST, transaction 7 SUCCESS",
        "      77 ms  push-registry    tokensRemoved 1",
        "      90 ms  contacts         nothing to do",
    ]


async def test_whoever_is_late_when_time_is_up_is_named() -> None:
    answer = await done(Admin(late=10**9), timeout=0.2)
    assert (answer["late"], answer["ok"], _exit(answer)) == (["contacts"], False, 1)
    assert _lines(answer, PLAIN)[-1] == "       …     contacts         has not applied it yet"


async def test_a_device_that_is_not_there_is_no_reason_to_stop() -> None:
    answer = await done(Admin(late=0), "nobody")
    assert _exit(answer) == 1
    assert _lines(answer, PLAIN) == ["r/nobody: not set: The device nobody does not exist"]
