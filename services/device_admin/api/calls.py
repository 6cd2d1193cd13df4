"""What every call has: who is calling, for which runtime, and in which format and language the answer goes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chassis.errors import Forbidden
from chassis.media import require_accept
from chassis.web import AUTH, json_response
from chassis.xml import write_xml
from device_admin import errors, schemas, usecases

RESOURCES = web.AppKey("resources", usecases.Resources)
CHANGERS = frozenset({"mfpadmin", "mfpdeployer", "mfpoperator"})
READERS = CHANGERS | {"mfpmonitor"}
RUNTIME = "/mfpadmin/management-apis/2.0/runtimes/{runtime}"
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call of the administration API."""

    request: web.Request
    user: str
    resources: usecases.Resources
    runtime: str
    media_type: str

    @property
    def version(self) -> str:
        """What answers name as the product's version."""
        return self.resources.settings.product_version

    @property
    def translate(self) -> Callable[[str], str]:
        """What puts messages into the caller's language."""
        return translator(self.request)

    def answer(self, name: str, content: Mapping[str, Any]) -> web.Response:
        """The answer in the caller's format; `name` is what XML calls it."""
        if self.media_type == errors.JSON:
            return json_response(content)
        body = write_xml(schemas.element(name, content))
        return web.Response(body=body, content_type=self.media_type, charset="utf-8")


async def admit(request: web.Request, roles: frozenset[str]) -> Call:
    """Take a call, or refuse it before its query or body is looked at.

    `mfpadmin` is a role in every runtime, `mfpadmin:<runtime>` in that one; the others likewise.
    """
    principal = await request.app[AUTH].basic(request)
    resources, runtime = request.app[RESOURCES], request.match_info["runtime"]
    if not principal.roles & (roles | {f"{role}:{runtime}" for role in roles}):
        raise Forbidden
    media_type = require_accept(request, errors.MEDIA_TYPES)
    usecases.require_runtime(resources, runtime)
    return Call(request, principal.name, resources, runtime, media_type)


def translator(request: web.Request) -> Callable[[str], str]:
    """What puts messages into the language that a request asks for."""
    liked = ", ".join(request.headers.getall("Accept-Language", []))
    return errors.translator(request.path, locale=request.query.get("locale"), accept_language=liked)
