"""The four services with the demo's catalogue, people and keys, as `make run` has them, but in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from deploy.local import secrets
from deploy.local.roster import AUDIENCE, FILES, ISSUER

NAMES = tuple(FILES)


@dataclass(frozen=True)
class Four:
    """How to make each of the four; `variables` are what all of them are told."""

    variables: Mapping[str, str]

    def settings(self, name: str, **more: str) -> Any:
        """The settings of a service, read as in production."""
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in {**self._own(name), **more}.items():
                patch.setenv(variable, value)
            return room(name, "settings").Settings.from_env()

    def application(self, name: str) -> web.Application:
        """The application, not started."""
        return creator(name)(self.settings(name))

    def _own(self, name: str) -> Mapping[str, str]:
        files = {variable: value for variable, value in self.variables.items() if variable.endswith("_FILE")}
        shared = {variable: value for variable, value in self.variables.items() if variable not in files}
        issues = {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE} if name == "device-admin" else {}
        return {**shared, **issues, **{variable: files[variable] for variable in FILES[name]}}


def variables(folder: Path, **changes: str) -> Mapping[str, str]:
    """What the four are told; without changes they have addresses where nobody answers."""
    nowhere = {"MONGODB_URI": "mongodb://127.0.0.1:9", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    return {**nowhere, "LOG_LEVEL": "ERROR", **changes, **secrets.write(folder)}


def creator(name: str) -> Callable[[Any], web.Application]:
    """The function that makes the service's application."""
    create: Callable[[Any], web.Application] = room(name, "app").create_app
    return create


def room(name: str, which: str) -> ModuleType:
    """A module of a service."""
    return import_module(f"{name.replace('-', '_')}.{which}")
