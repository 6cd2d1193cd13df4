"""The OpenAPI 3.1 document of a service, made from the routes of its application and the operations beside them.

The page that shows it shows the service's AsyncAPI document too, which `device_events.contract` makes.

JSON and form bodies have the schema that loads or dumps them. XML bodies are `type: object` with examples: they have
the same properties, but JSON Schema cannot say which are attributes, which have a namespace and in what order they
come, and half a description would mislead a generator. A HEAD route, which aiohttp adds to a GET, is not listed.
"""

from chassis.openapi.document import build_document, routes_of
from chassis.openapi.page import API, add_docs
from chassis.openapi.parts import Api
from chassis.openapi.refusals import own_refusal, refusals_of

__all__ = ["API", "Api", "add_docs", "build_document", "own_refusal", "refusals_of", "routes_of"]
