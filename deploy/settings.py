"""The table of settings in README.md, made of what the settings classes read: `python -m deploy.settings` writes it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import contacts.settings
import device_admin.settings
import mobile_platform.settings
import push_registry.settings
import rollcall.settings
from chassis.settings import Variable, variables
from device_events import KafkaConnection
from device_events.handlers import Handlers
from device_events.handlers.mongodb import MongoSettings
from device_events.handlers.settings import RunnerSettings
from email_handlers.handlers import handlers

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- settings: made by `make settings` -->", "<!-- settings: end -->"


def of_runner(handlers: Handlers[Any]) -> Iterator[Variable]:
    """What a runner of custom-event handlers can be told: fields of dataclasses, a variable each."""
    shared = {one.name: one for one in variables()}
    kinds = (("", RunnerSettings), ("KAFKA_", KafkaConnection), ("", MongoSettings), (handlers.prefix, handlers.kind))
    for prefix, kind in kinds:
        for field in fields(kind) if kind else ():
            name = f"{prefix}{field.name}".upper()
            yield shared.get(name) or Variable(
                name=name,
                about=field.metadata.get("about", ""),
                default=... if field.default is MISSING else field.default,
                secret=field.metadata.get("secret", False),
            )


# What each of them can be told.
SERVICES: Mapping[str, Sequence[Variable]] = {
    "push-registry": variables(push_registry.settings.read),
    "mobile-platform": variables(mobile_platform.settings.read),
    "contacts": variables(contacts.settings.read),
    "device-admin": variables(device_admin.settings.read),
    "email-handlers": list(of_runner(handlers)),
}
COMMAND = "rollcall"  # the operator's: it reads what the services do, and a little more
_OF_COMMAND = [*variables(rollcall.settings.read), *variables(rollcall.settings.read_account)]


def table() -> str:
    """The table in Markdown, one variable a row, those of all services first."""
    rows = ["| variable | default | of | what it is |", "|---|---|---|---|"]
    readers: dict[str, list[str]] = {}
    described: dict[str, Variable] = {}
    for service, asked in {**SERVICES, COMMAND: _OF_COMMAND}.items():
        for variable in asked:
            described.setdefault(variable.name, variable)
            if service != COMMAND or variable.name not in readers:
                readers.setdefault(variable.name, []).append(service)
    for name in sorted(described, key=lambda name: -len(readers[name])):  # stable: else in the order of reading
        rows.append(_row(described[name], readers[name]))
    return "\n".join(rows)


def written(text: str) -> str:
    """The README with the table between its two marks. Raises ValueError where they are missing."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _row(variable: Variable, readers: Sequence[str]) -> str:
    about = f"secret: {variable.about}" if variable.secret else variable.about
    return f"| `{variable.name}` | {_default(variable.default)} | {_of(readers)} | {about} |"


def _default(value: object) -> str:
    if value is ...:
        return "required"
    if value is None or value == "" or value == []:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else f'{value:g}' if isinstance(value, float) else value}`"


def _of(readers: Sequence[str]) -> str:
    left = [service for service in SERVICES if service not in readers]
    if not left:
        return "all"
    return f"all but {left[0]}" if len(left) == 1 else ", ".join(readers)


def main() -> None:
    """The command line."""
    text = README.read_text(encoding="utf-8")
    README.write_text(written(text), encoding="utf-8")
    print("README.md: the table of settings is written", file=sys.stderr)


if __name__ == "__main__":
    main()
