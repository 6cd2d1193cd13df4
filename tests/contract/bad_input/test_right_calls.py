"""The other side: the calls that every case spoils are right, and strange keys and values are kept as they came.

These change what is there, so their file comes after the bad ones.
"""

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.contract.bad_input import operations as op
from tests.contract.bad_input import xml_bodies
from tests.contract.bad_input.case import Case, Operation
from tests.contract.bad_input.stage import STRANGE_FIELDS, Stage
from tests.contract.bad_input.tally import Tally

# The status change comes last: it shuts the device out.
RIGHT = (
    *(op.PUSH_GET, op.PUSH_LIST, op.PUSH_POST, op.PUSH_PUT, op.PUSH_PUT_WITHOUT_ID, op.PUSH_DELETE),
    *(op.CONTACTS_LISTS, *op.WITH_CONTACTS),
    *(op.MOBILE_REGISTER, op.MOBILE_DEREGISTER),
    *(op.ADMIN_DEVICES, op.ADMIN_TRANSACTIONS, op.ADMIN_TOKEN, op.ADMIN_PUT, op.ADMIN_DELETE),
)
KEYS = ("$ne", "$where", "$set.a", ".", "..", "a.b", ".a", "a.", "__proto__", "", "x" * 300, "\U0001f600")
VALUES: Sequence[Any] = (
    *({key: "x"} for key in KEYS),
    {"a": {"$ne": {"$gt": [{"__proto__": {}}]}}},
    [{"$ne": None}, [], {}, [[["a"]]]],
    "{$ne: null}",
    "a\0b",
    "\u202ea\ufeffb\u200b",
    "\U0001f600" * 1_000,
    "x" * 15_000,
    2**63 - 1,
    -(2**63),
    2**53 + 1,
    1.7976931348623157e308,
    5e-324,
    0.1,
    True,
    {"": {"": {"": ""}}},
)
REFUSED: Sequence[dict[str, Any]] = (
    {"Email": {"a\0b": 1}},
    {"Email": {"a": [{"\0": 1}]}},
    {"Email": 2**63},
    {"Email": [-(2**63) - 1]},
    {"Email": "x" * 17_000},
    {"a\0b": 1},
    {"$inc": 1},
    {"x" * 300: 1},
    {"constructor": 1},
    {"email": "in another case"},
    {"": 1},
)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def quiet_afterwards(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.settle()


@pytest.mark.parametrize("values", REFUSED, ids=lambda values: ascii(values)[:40])
async def test_values_that_cannot_be_kept_are_refused(stage: Stage, tally: Tally, values: dict[str, Any]) -> None:
    await stage.changes()
    status, _ = await _register(stage, values)
    changed = await stage.changes()
    tally.record("values refused", good=(status, changed) == (417, []), status=status)
    assert (status, changed) == (417, [])


@pytest.mark.parametrize(
    "values",
    [*({"FirstName": value} for value in VALUES), *({name: name} for name in STRANGE_FIELDS)],
    ids=lambda values: ascii(values)[:40],
)
async def test_values_are_stored_and_returned_unchanged(stage: Stage, tally: Tally, values: dict[str, Any]) -> None:
    status, answer = await _register(stage, values)
    again: Any = None
    if status == 200:
        _, again = await _call(stage, op.CONTACTS_LISTS, target=f"/contacts/{answer['EncContactId']}")
    kept = again is not None and answer["Values"] == again["Values"] == values
    tally.record("values kept", good=kept, status=status)
    assert kept, answer


@pytest.mark.parametrize("operation", RIGHT, ids=lambda operation: operation.name)
async def test_the_right_call_succeeds(stage: Stage, operation: Operation) -> None:
    status, answer = await _call(stage, operation)
    assert 200 <= status < 300, answer


@pytest.mark.skipif(not xml_bodies.contacts_read_xml(), reason="contacts reads no XML")
@pytest.mark.parametrize("media_type", xml_bodies.MEDIA_TYPES)
async def test_the_right_xml_succeeds(stage: Stage, media_type: str) -> None:
    body = xml_bodies.RIGHT.replace("another-device", f"xml-device-{time.time_ns()}").encode()
    status, answer = await _call(stage, op.CONTACTS_POST, body=body, headers={"Content-Type": media_type})
    assert (status, answer["Values"]) == (200, {"Email": op.EMAIL})


async def _register(stage: Stage, values: dict[str, Any]) -> tuple[int, Any]:
    """The answer to a registration that inserts a contact."""
    return await _call(stage, op.CONTACTS_POST, body=json.dumps({"ContactDTO": {"Values": values}}).encode())


async def _call(stage: Stage, operation: Operation, **changes: Any) -> tuple[int, Any]:
    answer = await stage.send(Case(group="right", name="right", operation=operation, expected=(), **changes))
    assert answer is not None
    return answer.status, orjson.loads(answer.body or b"null")
