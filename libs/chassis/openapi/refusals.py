"""The refusals of an operation as its callers meet them."""

from string import Formatter
from typing import Any

from chassis import errors
from chassis.errors import ErrorStyle, Refusal
from chassis.operations import Operation


def refusals_of(operation: Operation, style: ErrorStyle) -> list[type[Refusal]]:
    """The refusals of an operation as the caller meets them, with those that the plumbing adds to it."""
    plumbing = [errors.InternalError, *([errors.BodyTooLarge] if operation.request else [])]
    refusals = [own_refusal(refusal, style) for refusal in (*operation.refusals, *plumbing)]
    return list(dict.fromkeys(refusals))


def own_refusal(refusal: type[Refusal], style: ErrorStyle) -> type[Refusal]:
    """The service's own refusal for one of the plumbing's."""
    if refusal.__module__ != errors.__name__:
        return refusal
    return type(style.translate(sample(refusal)))


def sample(refusal: type[Refusal]) -> Refusal:
    """A refusal whose parameters are their own names in braces, as in its template."""
    params: dict[str, Any] = {name: f"{{{name}}}" for _, name, _, _ in Formatter().parse(refusal.message) if name}
    if refusal.__module__ == errors.__name__ and "errors" in params:
        params["errors"] = {}
    return refusal(**params)
