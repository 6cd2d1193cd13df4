"""schemathesis, told by each service's own document, against the four services running on real backends."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from marshmallow import Schema, fields

from chassis.openapi import Api, add_docs, routes_of
from chassis.operations import operation
from chassis.web import create_web_app, json_response
from device_events.contract.asyncapi import Application
from push_registry import errors as push_errors
from tests.contract.openapi.counted import note
from tests.contract.openapi.four import NAMES
from tests.contract.openapi.fuzzing import Target, fuzz
from tests.contract.openapi.targets import target
from tests.support.services import Running

SHORT = "examples,fuzzing"  # what is refused is refused alike, however the answer is asked for
RUNS = [
    *(pytest.param(name, {}, id=name) for name in NAMES),
    pytest.param("device-admin", {"accept": "application/xml", "phases": SHORT}, id="device-admin in XML"),
    pytest.param("contacts", {"accept": "text/xml", "phases": SHORT}, id="contacts in XML"),
]


@pytest.mark.parametrize(("name", "changes"), RUNS)
async def test_no_answer_is_outside_the_document(
    served: Mapping[str, Running], name: str, changes: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    outcome = await fuzz(replace(await target(name, served), **changes), tmp_path)
    format = changes.get("accept", "any format")
    note(request.config, f"schemathesis: {name} ({format}): {outcome}")
    assert not outcome.failures, outcome.printed
    assert not outcome.errors, outcome.printed
    assert (outcome.status, outcome.complete) == (0, True), outcome.printed
    for method, path, _ in routes_of(served[name].app):
        assert outcome.accepted.get(f"{method} {path}"), f"{method} {path} was never called with success"


async def test_answers_outside_the_document_are_found(tmp_path: Path) -> None:
    class Thing(Schema):
        name = fields.String(required=True)

    @operation(id="showThing", summary="", responses={200: Thing})
    async def wrong_body(_request: web.Request) -> web.Response:
        return json_response({"name": 1})

    @operation(id="showOther", summary="", responses={200: Thing})
    async def wrong_status(_request: web.Request) -> web.Response:
        return json_response({"name": "x"}, status=202)

    api = Api(title="Things", version="1", style=push_errors.STYLE)
    app = create_web_app(style=api.style, max_body=1_000)
    app.add_routes([web.get("/thing", wrong_body), web.get("/other", wrong_status)])
    add_docs(app, api, Application(name="things", title=api.title, version=api.version))
    async with TestServer(app) as server:
        outcome = await fuzz(Target(url=str(server.make_url("")).rstrip("/"), authorization="none"), tmp_path)
    assert "GET /thing" in str(outcome.failures)
    assert "GET /other" in str(outcome.failures)
