"""Why a transaction did not do what it was for: words that are stored with it and put into a language when shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from chassis.errors import Refusal


class Problem(TypedDict):
    """One problem as it is stored: the vendor's id, an English template and what goes into that."""

    code: str
    message: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A problem before anything is filled in."""

    code: str
    message: str

    def problem(self, **params: Any) -> Problem:
        """The problem of one transaction."""
        return Problem(code=self.code, message=self.message, params=params)


LATE = Template("FWLSE3090E", "{service} has not acknowledged the change in time; the status stands")
OVERTAKEN = Template("FWLSE3092W", "Canceled before it started; transaction {transaction} came first")
FAULT = Template("FWLSE3000E", "An internal error occurred")
TEMPLATES = (LATE, OVERTAKEN, FAULT)
# What the vendor calls a change that its device did not take, by the type of the transaction.
NOT_TAKEN = {
    "CHANGE_DEVICE_STATUS": "FWLSE4201E",
    "REMOVE_DEVICE": "FWLSE4203E",
    "CHANGE_DEVICE_APPLICATION_STATUS": "FWLSE4200E",
}


def not_taken(type: str, refusal: Refusal) -> Problem:
    """The device refused the change."""
    return Problem(code=NOT_TAKEN[type], message=refusal.message, params=refusal.params)


def said(problem: Problem, translate: Callable[[str], str] = str) -> str:
    """The problem in words."""
    return f"{problem['code']}: {translate(problem['message']).format(**problem['params'])}"
