"""What a confidential client may ask for."""

import re

from device_admin import errors

DEFAULT_SCOPE = "RegisteredClient"
_LONGEST = 2_048  # characters: a token must fit into a header
_ELEMENT = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def grant(requested: str | None, allowed: str) -> str:
    """The scope to give for the one requested: all of it, or a refusal. Every client may have the default."""
    if len(requested or "") > _LONGEST:
        raise errors.InvalidScope
    elements = list(dict.fromkeys((requested or "").split(" ")))
    elements = [element for element in elements if element] or [DEFAULT_SCOPE]
    patterns = [DEFAULT_SCOPE, *allowed.split()]
    for element in elements:
        if not _ELEMENT.fullmatch(element) or not any(matches(pattern, element) for pattern in patterns):
            raise errors.InvalidScope
    return " ".join(elements)


def matches(pattern: str, element: str) -> bool:
    """Whether `element` is what `pattern` says, where each `*` stands for any run of characters. Linear in both."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == element
    *middle, last = rest
    at, end = len(first), len(element) - len(last)
    if at > end or not element.startswith(first) or not element.endswith(last):
        return False
    for part in middle:
        found = element.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
