"""The errors of the four vendors, as their clients parse them."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from tests.contract.bad_input.case import ADMIN, CONTACTS, MOBILE, PUSH, TOKEN, Case
from tests.contract.bad_input.wire import Answer

_LEAKS = re.compile(rb"Traceback|site-packages|pymongo|aiohttp|\.py\b|mongodb://", re.IGNORECASE)
_KEYS: Mapping[str, Mapping[str, str]] = {
    PUSH: {"code": r"FPWSE\d{4}E", "message": r".+", "correlationId": r"{id}"},
    ADMIN: {"errorCode": r"FWLSE\d{4}E", "message": r".+", "correlationId": r"{id}"},
    TOKEN: {"error": r"[a-z_]+", "error_description": r"[\x20-\x7e]+"},
    CONTACTS: {"Message": r".+", "Code": r"[a-z_]+", "CorrelationId": r"{id}"},
    MOBILE: {
        "type": r"https?://.+",
        "title": r".+",
        "status": r"{status}",
        "detail": r".+",
        "o:errorCode": r"MOBILE-\d{5}",
        "o:errorPath": r"/.*",
        "o:ecid": r"{id}, 0",
    },
}


def misshapen(case: Case, answer: Answer) -> list[str]:
    """What is wrong with an answer, whatever its status."""
    if answer.status < 400:
        return []
    found = []
    correlation_id = answer.headers.get("x-correlation-id", "")
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", correlation_id):
        found.append("no X-Correlation-ID")
    if leak := _LEAKS.search(answer.body):
        found.append(f"says what it should not: {leak[0]!r}")
    if answer.headers.get("content-type", "").partition(";")[0] != "application/json":
        return [*found, f"Content-Type {answer.headers.get('content-type')}: {answer.body[:200]!r}"]
    body: Any = orjson.loads(answer.body)
    if not isinstance(body, dict):
        return [*found, "the body is no object"]
    keys = _KEYS[case.operation.service]
    if case.operation.service == TOKEN and "errorCode" in body:
        keys = _KEYS[ADMIN]  # not every path near the token endpoint is it
    values = {"id": re.escape(correlation_id), "status": str(answer.status)}
    for name, pattern in keys.items():
        for key, value in values.items():
            pattern = pattern.replace("{" + key + "}", value)
        if not re.fullmatch(pattern, str(body.get(name, "")), re.DOTALL):
            found.append(f"{name} is {body.get(name)!r}")
    if answer.status == 401 and "www-authenticate" not in answer.headers:
        found.append("401 without WWW-Authenticate")
    if answer.status == 405 and case.group == "method" and "allow" not in answer.headers:
        found.append("405 without Allow")
    if case.operation.service == MOBILE and "oracle-mobile-runtime-version" not in answer.headers:
        found.append("no Oracle-Mobile-Runtime-Version")
    return found
