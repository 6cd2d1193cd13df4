"""Loaded by schemathesis: the formats that it does not know by itself."""

from typing import Any

import schemathesis
from lxml import etree
from schemathesis import DeserializationContext, Response

CSP_REPORT = "application/csp-report"  # JSON under another name
schemathesis.serializer.alias(CSP_REPORT, "application/json")


@schemathesis.deserializer(CSP_REPORT)
def read_json(_context: DeserializationContext, response: Response) -> Any:
    """The JSON of an answer."""
    return response.json()


@schemathesis.deserializer("application/xml", "text/xml")
def read_xml(_context: DeserializationContext, response: Response) -> Any:
    """An object, if the answer is XML: the document says no more of it. Raises XMLSyntaxError."""
    root = etree.fromstring(response.content)
    return {**root.attrib, **{str(child.tag): child.text for child in root}}
