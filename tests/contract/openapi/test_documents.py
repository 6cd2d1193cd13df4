"""The four documents are valid OpenAPI 3.1 and leave out no operation, no format and no refusal."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from chassis.errors import MethodNotAllowed, Refusal, RouteNotFound
from chassis.openapi import API, own_refusal, refusals_of, routes_of
from tests.contract.openapi.four import NAMES, Four, room

Documents = Mapping[str, dict[str, Any]]
CODE = re.compile(r"^- `([^`]+)`: ", re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_valid(documents: Documents, name: str) -> None:
    validate(documents[name])
    assert documents[name]["openapi"].startswith("3.1")
    assert documents[name]["info"]["title"] != name, "a title is for people"


@pytest.mark.parametrize("name", NAMES)
def test_every_route_is_an_operation(documents: Documents, four: Four, name: str) -> None:
    routes = {(method.lower(), path) for method, path, _ in routes_of(four.application(name))}
    plumbing = {("get", "/health/live"), ("get", "/health/ready"), ("get", "/metrics")}
    assert {(method, path) for method, path, _ in operations(documents[name])} == routes | plumbing


@pytest.mark.parametrize("name", NAMES)
def test_every_format_that_is_read_or_written_is_there(documents: Documents, four: Four, name: str) -> None:
    app = four.application(name)
    for method, path, operation in routes_of(app):
        assert operation is not None
        shown = documents[name]["paths"][path][method.lower()]
        if operation.request is not None:
            assert list(shown["requestBody"]["content"]) == [*operation.request_types]
        for status, schema in operation.responses.items():
            formats = [] if schema is None else [*operation.response_types]
            assert list(shown["responses"][str(status)].get("content", {})) == formats
        for refusal in refusals_of(operation, app[API].style):
            content = shown["responses"][str(refusal.status)]["content"]
            assert list(content) == [*app[API].style.media_types]
            assert all("schema" in one for one in content.values()), "refusals have a schema"


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_of_the_service_stands_under_its_status(documents: Documents, four: Four, name: str) -> None:
    shown = {
        (int(status), code)
        for _, _, operation in operations(documents[name])
        for status, response in operation["responses"].items()
        for code in CODE.findall(response["description"])
    }
    style = four.application(name)[API].style
    anywhere = {own_refusal(refusal, style) for refusal in (RouteNotFound, MethodNotAllowed)}
    shown |= {(refusal.status, refusal.code) for refusal in anywhere}
    missing = {
        refusal.__name__ for refusal in refusals(room(name, "errors")) if (refusal.status, refusal.code) not in shown
    }
    assert not missing


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_says_who_may_call_it_and_how_its_own_inside_fails(documents: Documents, name: str) -> None:
    for _, path, operation in operations(documents[name]):
        if "plumbing" not in operation.get("tags", []):
            assert "500" in operation["responses"], path
            assert ("401" in operation["responses"]) == bool(operation["security"]), path
            assert operation["summary"], path


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_of_the_examples_fit_their_schemas(documents: Documents, name: str) -> None:
    document = documents[name]
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                for example in content.get("examples", {}).values():
                    if media_type.endswith("json"):
                        check(document, content["schema"], example["value"], f"{operation['operationId']} {status}")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and content of each."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def refusals(module: Any) -> Iterator[type[Refusal]]:
    """The service's own refusals that say something: a class without a message is only there to be inherited."""
    package = module.__name__.split(".")[0]
    for one in vars(module).values():
        own = isinstance(one, type) and issubclass(one, Refusal) and one.__module__.split(".")[0] == package
        if own and hasattr(one, "message"):
            yield one


def check(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    """Raises AssertionError unless the value fits the schema."""
    validator = OAS31Validator({**schema, "components": document["components"]})
    assert not [error.message for error in validator.iter_errors(value)], where
