"""A quick look that spares most payloads the full validation: what it takes, marshmallow takes too.

The full validation was a seventh of the CPU of a status change; whatever is not plainly valid still goes through it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.fields import Field

Looker = Callable[[Mapping[str, Any]], bool]
_Check = Callable[[Any], object]


def plainly_valid(schema: Schema, data: Mapping[str, Any]) -> bool:
    """Whether every field is one of the simple kinds and holds a value that it takes. False proves nothing."""
    return looker(schema)(data)


@cache
def looker(schema: Schema) -> Looker:
    """`plainly_valid` for one schema."""
    by_name = {field.data_key or name: field for name, field in schema.fields.items()}
    known = {name: plan for name, field in by_name.items() if (plan := _plan(field))}
    all_names = frozenset(by_name)
    required = frozenset(name for name, field in by_name.items() if field.required)

    def look(data: Mapping[str, Any]) -> bool:
        if not required <= data.keys():
            return False
        for name, value in data.items():
            plan = known.get(name)
            if plan is None:
                if name in all_names:
                    return False
                continue
            kind, choices, checks = plan
            if type(value) is not kind or (choices is not None and value not in choices):
                return False
            if checks and not _pass(checks, value):
                return False
        return True

    return look


def _pass(checks: list[_Check], value: Any) -> bool:
    try:
        for check in checks:
            check(value)
    except ValidationError:
        return False
    return True


def _plan(field: Field[Any]) -> tuple[type, frozenset[Any] | None, list[_Check]] | None:
    """The type a value must have, the values it must be one of, and what else must be asked."""
    kind = _kind(field)
    if kind is None:
        return None
    checks: list[_Check] = list(field.validators)
    if kind is str and checks and type(checks[0]) is validate.OneOf:
        return kind, frozenset(checks[0].choices), checks[1:]
    return kind, None, checks


def _kind(field: Field[Any]) -> type | None:
    if type(field) is fields.String:
        return str
    return int if type(field) is fields.Integer and field.strict else None
