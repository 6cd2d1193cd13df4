"""marshmallow's fields as JSON Schema, through apispec, with what apispec leaves as Python has it put right."""

import re
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow.fields import Field


class JsonSchemas(MarshmallowPlugin):
    """The plugin for one document."""

    def __init__(self) -> None:
        super().__init__(schema_name_resolver=_schema_name)

    def init_spec(self, spec: Any) -> None:
        """Called by the document."""
        super().init_spec(spec)
        converter: Any = self._converter()
        converter.add_attribute_function(_corrected)
        converter.add_parameter_attribute_function(_without_null)

    def of(self, declared: "Field[Any]") -> dict[str, Any]:
        """The schema of one field."""
        return dict(self._converter().field2property(declared))

    def _converter(self) -> OpenAPIConverter:
        if self.converter is None:
            raise RuntimeError("the plugin belongs to no document yet")
        return self.converter


def _corrected(_converter: OpenAPIConverter, _field: "Field[Any]", ret: dict[str, Any]) -> dict[str, Any]:
    # What stands for "not given" inside is no value that a caller could send.
    if ret.get("default", 0) in (None, "", (), []):
        del ret["default"]
    if "pattern" in ret:
        ret["pattern"] = _javascript(ret["pattern"])
    return ret


def _without_null(_converter: OpenAPIConverter, _field: "Field[Any]", ret: dict[str, Any]) -> dict[str, Any]:
    # A field that is None by default may be null in JSON; a parameter can only be left out.
    schema = ret["schema"]
    if isinstance(types := schema.get("type"), list) and len(rest := [one for one in types if one != "null"]) == 1:
        schema["type"] = rest[0]
    if "enum" in schema:
        schema["enum"] = [one for one in schema["enum"] if one is not None]
    return ret


def _javascript(pattern: str) -> str:
    """The pattern as ECMA-262 writes it. marshmallow matches at the beginning, JSON Schema anywhere."""
    ends = pattern.endswith(r"\Z")
    inner = re.sub(r"\(\?P<\w+>", "(", pattern.removesuffix(r"\Z"))
    return f"^(?:{inner})$" if ends else f"^(?:{inner})"


def _schema_name(schema: Any) -> str:
    found = resolve_schema_cls(schema)
    if isinstance(found, list):
        raise ValueError(f"several schemas are called {schema}")
    return found.__name__.lstrip("_").removesuffix("Schema")
