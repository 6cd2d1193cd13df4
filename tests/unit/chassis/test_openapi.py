"""The OpenAPI document and its page, of an application made for these tests."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from marshmallow import Schema, fields, validate
from openapi_spec_validator import validate as validate_document

from chassis import errors
from chassis.errors import ErrorStyle, Refusal
from chassis.openapi import Api, add_docs, build_document
from chassis.operations import Example, operation
from chassis.web import create_web_app
from device_events import catalog
from device_events.contract.asyncapi import Application

THING = "/shelves/{shelf}/things/{id}"


class Thing(Schema):
    """What is kept."""

    name = fields.String(required=True, validate=validate.Length(1, 20))
    size = fields.Integer(allow_none=True)


class Listing(Schema):
    """The list's query."""

    offset = fields.Integer(load_default=0, validate=validate.Range(0))
    tag = fields.List(fields.String())
    kind = fields.String(load_default="", validate=validate.Equal("errors"))
    like = fields.String(load_default=None, validate=validate.Regexp(r"(?P<first>[a-z])\w*\Z"))


class ErrorBody(Schema):
    """A refusal."""

    code = fields.String(required=True)


class ShelfMissing(Refusal):
    status, code, message = 404, "E404S", "No shelf {shelf}"


class ThingMissing(Refusal):
    status, code, message = 404, "E404T", "No thing {id}"


class Broken(Refusal):
    status, code, message = 500, "E500", "Broken"


class Style(ErrorStyle):
    media_types = ("application/json", "text/xml")

    def translate(self, refusal: Refusal) -> Refusal:
        return Broken() if isinstance(refusal, errors.InternalError) else refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        return {"code": refusal.code}


API = Api(title="Things & more", version="7", style=Style(), error_schema=ErrorBody, headers={"Thing-Version": "1"})
EVENTS = Application(name="things", title="Things & more", version="7", source=catalog.CONTACTS)


async def handler(_request: web.Request) -> web.Response:
    return web.Response()


def described(**changes: Any) -> web.Application:
    """An application with one operation."""

    async def own(_request: web.Request) -> web.Response:
        return web.Response()

    app = create_web_app(style=API.style, max_body=1_000)
    given: dict[str, Any] = {"id": "putThing", "summary": "Keep a thing", "responses": {200: Thing}, **changes}
    app.router.add_put(THING, operation(**given)(own))
    return app


def document(**changes: Any) -> dict[str, Any]:
    """The valid document of an application with one operation."""
    made = build_document(described(**changes), API)
    validate_document(made)
    return made


def put(**changes: Any) -> Any:
    """The one operation in the document."""
    return document(**changes)["paths"][THING]["put"]


def test_the_handler_is_the_one_it_was() -> None:
    assert operation(id="x", summary="", responses={})(handler) is handler


def test_every_parameter_of_the_route_and_the_operation_is_there() -> None:
    found = put(
        path={"id": fields.String(validate=validate.Length(max=9), metadata={"description": "Its id"})},
        query=Listing,
        headers={"Owner": "who"},
        optional_headers={"Accept-Language": "a language"},
    )["parameters"]
    assert [(one["in"], one["name"], one["required"]) for one in found] == [
        ("path", "shelf", True),
        ("path", "id", True),
        ("query", "offset", False),
        ("query", "tag", False),
        ("query", "kind", False),
        ("query", "like", False),
        ("header", "Owner", True),
        ("header", "Accept-Language", False),
    ]
    assert found[1]["description"] == "Its id"
    assert found[1]["schema"] == {"type": "string", "maxLength": 9}
    assert found[2]["schema"] == {"type": "integer", "default": 0, "minimum": 0}
    assert found[3]["explode"] is True


def test_a_default_that_nobody_can_send_is_not_told_and_a_pattern_is_javascript_s() -> None:
    found = {one["name"]: one["schema"] for one in put(query=Listing)["parameters"]}
    assert found["kind"] == {"type": "string", "enum": ["errors"]}
    assert found["like"] == {"type": "string", "pattern": r"^(?:([a-z])\w*)$"}


def test_a_body_has_every_media_type_and_xml_says_no_more_than_that_it_is_an_object() -> None:
    found = put(request=Thing, request_types=("application/json", "text/xml"), response_types=("text/json",))
    thing = {"$ref": "#/components/schemas/Thing"}
    assert found["requestBody"]["required"] is True
    assert found["requestBody"]["content"]["application/json"]["schema"] == thing
    assert found["requestBody"]["content"]["text/xml"]["schema"]["type"] == "object"
    assert found["responses"]["200"]["content"] == {"text/json": {"schema": thing}}


def test_an_answer_without_a_body_has_no_content_and_one_of_many_is_an_array() -> None:
    assert "content" not in put(responses={204: None})["responses"]["204"]
    many = put(responses={200: Thing(many=True)})["responses"]["200"]["content"]["application/json"]["schema"]
    assert many == {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}


def test_refusals_are_listed_by_status_with_their_codes_in_the_error_formats() -> None:
    found = put(request=Thing, refusals=(ShelfMissing, ThingMissing, errors.Unauthenticated))["responses"]
    assert sorted(found) == ["200", "401", "404", "413", "500"]
    assert found["404"]["description"] == "- `E404S`: No shelf {shelf}\n- `E404T`: No thing {id}"
    assert found["404"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
    assert list(found["404"]["content"]) == ["application/json", "text/xml"]
    shown = found["404"]["content"]["application/json"]["examples"]
    assert shown["E404S"] == {"summary": "ShelfMissing", "value": {"code": "E404S"}}
    assert list(found["404"]["content"]["text/xml"]["examples"]) == ["E404S", "E404T"]
    assert "WWW-Authenticate" in found["401"]["headers"]
    assert "`E500`" in found["500"]["description"], "the service's own code, not the plumbing's"


def test_an_operation_may_have_errors_of_its_own_shape() -> None:
    class OwnError(Schema):
        error = fields.String()

    found = put(error_schema=OwnError)["responses"]["500"]["content"]["application/json"]["schema"]
    assert found == {"$ref": "#/components/schemas/OwnError"}


def test_security_names_the_alternatives_and_the_scopes() -> None:
    made = document(security=("basic", "bearer"), scopes=("things.write",))
    assert made["paths"][THING]["put"]["security"] == [{"basic": []}, {"bearer": ["things.write"]}]
    assert sorted(made["components"]["securitySchemes"]) == ["basic", "bearer"]
    assert put()["security"] == []


def test_examples_stand_beside_the_bodies_that_they_are_examples_of() -> None:
    example = Example(name="as printed", request={"name": "a"}, response="<a/>", status=404, media_type="text/xml")
    found = put(request=Thing, request_types=("text/xml",), refusals=(ThingMissing,), examples=(example,))
    shown = found["requestBody"]["content"]["text/xml"]["examples"]["as-printed"]
    assert shown == {"summary": "as printed", "value": {"name": "a"}}
    assert found["responses"]["404"]["content"]["text/xml"]["examples"]["as-printed"]["value"] == "<a/>"


def test_every_answer_has_the_correlation_id_and_the_service_s_own_headers() -> None:
    assert sorted(put()["responses"]["200"]["headers"]) == ["Thing-Version", "X-Correlation-ID"]


def test_health_and_metrics_are_there_and_the_pages_own_routes_are_not() -> None:
    app = described()
    add_docs(app, API, EVENTS)
    assert sorted(build_document(app, API)["paths"]) == ["/health/live", "/health/ready", "/metrics", THING]


@pytest.mark.parametrize(
    "changes",
    [
        {"path": {"other": fields.String()}},
        {"responses": {500: Thing}},
        {"examples": [Example(name="x", response={}, media_type="text/plain")]},
        {"examples": [Example(name="x", response={}, status=418)]},
        {"examples": [Example(name="x", response={}), Example(name="x", response={"name": "y"})]},
    ],
    ids=["no such path parameter", "answer and refusal", "no such format", "no such status", "one name twice"],
)
def test_an_operation_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        build_document(described(**changes), API)


def test_an_id_stands_for_one_operation() -> None:
    app = described()
    app.router.add_get("/again", operation(id="putThing", summary="", responses={})(handler))
    with pytest.raises(ValueError, match="putThing"):
        build_document(app, API)


async def test_the_page_and_everything_it_loads_come_from_the_service() -> None:
    app = described()
    add_docs(app, API, EVENTS)
    async with TestClient(TestServer(app)) as client:
        page = await client.get("/docs")
        text = await page.text()
        policy = page.headers["Content-Security-Policy"]
        assert "<title>Things &amp; more</title>" in text
        assert "://" not in text
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        for name, kind in (
            ("init.js", "text/javascript"),
            ("docs.css", "text/css"),
            ("ui/swagger-ui.css", "text/css"),
            ("ui/swagger-ui-bundle.js", "text/javascript"),
            ("ui/favicon-32x32.png", "image/png"),
        ):
            asset = await client.get(f"/docs/{name}")
            assert (asset.status, asset.content_type) == (200, kind), name
            assert len(await asset.read()) > 50
            assert f"docs/{name}" in text
        assert "validatorUrl: null" in await (await client.get("/docs/init.js")).text()
        for document in ("openapi.json", "asyncapi.json"):
            assert (await (await client.get(f"/{document}")).json())["info"]["version"] == "7"
            assert f'href="{document}"' in text


@pytest.mark.parametrize("name", ["..%2f__init__.py", "index.css", "%00", "LICENSE", "..%2fdist%2fswagger-ui.css"])
async def test_no_other_file_is_served(name: str) -> None:
    app = described()
    add_docs(app, API, EVENTS)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get(f"/docs/ui/{name}")).status == 404
