"""Every route of every service says what it answers, beside its handler."""

import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from aiohttp import web

from chassis.openapi import routes_of
from chassis.service import ServiceSpec

SERVICES = ("push_registry", "device_admin", "contacts", "mobile_platform")


def routes(service: str) -> list[tuple[str, str]]:
    """The service's routes that have no operation."""
    app = web.Application()
    app.add_routes(import_module(f"{service}.api").routes)
    found = list(routes_of(app))
    assert found
    return [(method, path) for method, path, operation in found if operation is None]


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_an_operation(service: str) -> None:
    assert routes(service) == []


def test_documents_have_the_version_of_the_project_where_a_service_names_none() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert {field.name: field.default for field in fields(ServiceSpec)}["version"] == project["version"]


def test_a_route_without_one_is_found() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/things", handler), web.get("/metrics", handler)])
    assert [(method, path, operation) for method, path, operation in routes_of(app)] == [("GET", "/things", None)]
