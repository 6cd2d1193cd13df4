"""Objects with operators, arrays and other types where a text or a number belongs, in the body and in the query."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import orjson

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case, Operation

NO_TEXT: Sequence[Any] = (
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"$in": ["a"]},
    {"$expr": {"$eq": [1, 1]}},
    {"$set": {"version": 0}},
    {},
    [],
    ["a"],
    [{"$ne": 1}],
    1,
    1.5,
    True,
)
NO_NUMBER: Sequence[Any] = ({"$gt": 0}, {}, [], [1], "1", "one", 1.5, True, 2**63)
NO_OBJECT: Sequence[Any] = ([], [{}], "a", 1, True)
FIELDS: Sequence[tuple[Operation, str, Sequence[Any]]] = (
    *((op.PUSH_POST, name, NO_TEXT) for name in ("deviceId", "phoneNumber", "platform", "token", "userId")),
    *((op.PUSH_PUT, name, NO_TEXT) for name in ("deviceId", "phoneNumber", "token", "userId")),
    (op.ADMIN_PUT, "status", NO_TEXT),
    *((one, name, NO_TEXT) for one in op.WITH_CONTACTS for name in ("DeviceId", "OldDeviceId")),
    *((one, "DeviceType", NO_NUMBER) for one in op.WITH_CONTACTS),
    *((one, "ContactDTO", NO_OBJECT) for one in op.WITH_CONTACTS),
    *((one, "ContactDTO.EncContactId", NO_TEXT) for one in op.WITH_CONTACTS),
    *((one, "ContactDTO.ListId", NO_NUMBER) for one in op.WITH_CONTACTS),
    *((one, "ContactDTO.Values", NO_OBJECT) for one in op.WITH_CONTACTS),
    *(
        (one, name, NO_TEXT)
        for one in (op.MOBILE_REGISTER, op.MOBILE_DEREGISTER)
        for name in ("notificationToken", "notificationProvider", "mobileClient.id", "mobileClient.platform")
    ),
    *((op.MOBILE_REGISTER, name, NO_TEXT) for name in ("mobileClient.version", "user")),
    *((one, "mobileClient", (*NO_OBJECT, {}, {"$where": 1})) for one in (op.MOBILE_REGISTER, op.MOBILE_DEREGISTER)),
)
UNKNOWN = ("$set", "__proto__", "constructor", "a.b", "$where", "\0", "x" * 300, "\U0001f600", "")
TEXTS: Sequence[tuple[Operation, str, str]] = (
    (op.PUSH_POST, "deviceId", ""),
    (op.PUSH_POST, "deviceId", "a\0b"),
    (op.PUSH_POST, "deviceId", "a\nb"),
    (op.PUSH_POST, "deviceId", "x" * 255),
    (op.PUSH_POST, "platform", "a"),
    (op.PUSH_POST, "platform", "\u0410"),  # a Cyrillic A
    (op.PUSH_POST, "token", ""),
    (op.PUSH_POST, "userId", "\u00fc" * 255),
    (op.PUSH_PUT, "deviceId", "another"),
    (op.PUSH_PUT, "userId", "\U0001f600" * 255),
    (op.PUSH_PUT, "phoneNumber", "1" * 65),
    (op.PUSH_PUT, "token", "x" * 4_097),
    (op.ADMIN_PUT, "status", ""),
    (op.ADMIN_PUT, "status", "lost"),
    (op.ADMIN_PUT, "status", "LOST "),
    (op.ADMIN_PUT, "status", "L\u041eST"),  # a Cyrillic O
    (op.ADMIN_PUT, "status", "LOST\0"),
    *((one, "DeviceId", text) for one in op.WITH_CONTACTS for text in ("a\0b", "a\x1bb", "x" * 255)),
    *((one, "ContactDTO.EncContactId", text) for one in op.WITH_CONTACTS for text in ("x", "k1.AAAA", "\0", "\u00e9")),
    (op.MOBILE_REGISTER, "notificationToken", ""),
    (op.MOBILE_REGISTER, "notificationToken", "x" * 4_097),
    (op.MOBILE_REGISTER, "notificationProvider", "apns"),
    (op.MOBILE_REGISTER, "mobileClient.platform", "ios"),
    (op.MOBILE_REGISTER, "mobileClient.platform", "I\u039fS"),  # a Greek O
    (op.MOBILE_REGISTER, "mobileClient.id", "my.app.id\0"),
    (op.MOBILE_REGISTER, "user", "x" * 255),
    (op.MOBILE_DEREGISTER, "mobileClient.id", "another.app"),
)
QUERIES: Sequence[tuple[Operation, str]] = (
    *(
        (op.PUSH_LIST, text)
        for text in (
            "userId[$ne]=x",
            "size[$gt]=0",
            "size=0",
            "size=501",
            "size=-1",
            "size=1e2",
            "size=abc",
            "size=",
            "size=%EF%BC%91",
            "size=1_0",
            "size=%2010",
            "size=+10",
            "size=10&size=20",
            "offset=-1",
            "offset=NaN",
            "offset=99999999999999999999999",
            "offset=1.5",
            "expand=maybe",
            "filter=platform",
            "filter=platform=@A",
            "filter=userId==x",
            "filter=$where==1",
            "userId=" + "x" * 255,
            "%FF=1",
            "__proto__=1",
            "unknown=1",
        )
    ),
    *((op.PUSH_PUT, text) for text in ("x=1", "$where=1", "%00=1")),
    *((op.ADMIN_PUT, text) for text in ("async=maybe", "async=", "async=TRUE", "async=true&async=false")),
    *(
        (op.ADMIN_DEVICES, text)
        for text in (
            "pageSize=0",
            "pageSize=1001",
            "pageSize=%EF%BC%91",
            "pageSize=1e2",
            "pageSize=-1",
            "orderBy=$where",
            "orderBy=state.runtime",
            "orderBy=--uid",
            "bookmark=x",
            "bookmark=%00",
            "bookmark=" + "A" * 4_000,
            "query=%00",
            "query=a&query=b",
            "query=" + "x" * 255,
        )
    ),
    *(
        (op.ADMIN_TRANSACTIONS, text)
        for text in ("offset=-1", "offset=2147483648", "mode=all", "file=true", "orderBy=_id", "bookmark=e30")
    ),
    *(
        (op.CONTACTS_POST, text)
        for text in (
            "match=$where,Email",
            "match=$or",
            "match=",
            "match=Email,,FirstName",
            "match[$ne]=Email",
            "match=Email&match=FirstName",
            "match=FirstName",
            "customevents=Nothing",
            "customevents=SendWelcomeEmail,$set",
            "customevents=",
            "unknown=1",
            "__proto__=1",
            "%00=1",
        )
    ),
    *(
        (op.CONTACTS_PATCH, text)
        for text in ("match=Email", "match=Email&Email=", "match=Email&Email[$ne]=x", "match=Email&Email=a&Email=b")
    ),
)


def cases() -> Iterator[Case]:
    """Every one of them."""
    for operation, name, values in FIELDS:
        for value in values:
            yield _case("fields", operation, name, value)
    for operation in op.WITH_JSON:
        for name in UNKNOWN if not operation.name.startswith("mobile") else ():
            yield _case("unknown fields", operation, name, {"$ne": None}, nested=False)
    for operation, name, text in TEXTS:
        yield _case("texts", operation, name, text)
    for operation, query in QUERIES:
        target = f"{operation.path.partition('?')[0]}?{query}"
        yield Case(
            group="query",
            name=query[:60],
            operation=operation,
            expected=(operation.status("query"),),
            target=target,
        )


def _case(group: str, operation: Operation, name: str, value: Any, *, nested: bool = True) -> Case:
    body = deepcopy(operation.body)
    holder, last = body, name
    if nested:
        *outer, last = name.split(".")
        for step in outer:
            holder = holder[step]
    holder[last] = value
    shown = f"{name[:20]!r} is {str(value)[:30]!r}"
    expected = (operation.status("body"),)
    return Case(group=group, name=shown, operation=operation, expected=expected, body=orjson.dumps(body))
