"""GET /openapi.json and /asyncapi.json, and GET /docs: a page that shows both. All it loads comes from this service."""

import html
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import orjson
from aiohttp import web

from chassis.errors import RouteNotFound
from chassis.openapi.document import build_document
from chassis.openapi.events import section
from chassis.openapi.parts import Api
from device_events.contract.asyncapi import Application, asyncapi

# The package carries Swagger UI's files; its code needs Flask and is never imported.
_CARRIER = "flask_swagger_ui"
_FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
# The page styles its parts through style attributes and draws arrows from data: addresses; scripts are files only.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SAFE = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
# Addresses are relative, so that the page also works behind a path prefix.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" type="image/png" href="docs/ui/favicon-32x32.png">
<link rel="stylesheet" href="docs/ui/swagger-ui.css">
<link rel="stylesheet" href="docs/docs.css">
</head>
<body>
<nav>
<b>{title}</b> <a href="#ui">Operations</a> <a href="#events">Events</a>
<a href="openapi.json">openapi.json</a> <a href="asyncapi.json">asyncapi.json</a>
</nav>
<div id="ui"></div>
{events}
<script src="docs/ui/swagger-ui-bundle.js"></script>
<script src="docs/init.js"></script>
</body>
</html>
"""
# validatorUrl: null keeps the page from sending the document to an online validator.
_INIT = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null});\n'


_STYLE = Path(__file__).with_name("docs.css")

API = web.AppKey("api", Api)


def add_docs(app: web.Application, api: Api, events: Application) -> None:
    """Add the routes. Each document is made when it is first asked for."""
    app[API] = api

    @cache
    def described() -> bytes:
        return orjson.dumps(build_document(app, api))

    @cache
    def announced() -> bytes:
        return orjson.dumps(asyncapi(events))

    @cache
    def page() -> str:
        return _PAGE.format(title=html.escape(api.title), events=section(orjson.loads(announced())))

    async def show_operations(_request: web.Request) -> web.Response:
        return web.Response(body=described(), content_type="application/json")

    async def show_events(_request: web.Request) -> web.Response:
        return web.Response(body=announced(), content_type="application/json")

    async def show_page(_request: web.Request) -> web.Response:
        return web.Response(text=page(), content_type="text/html", headers=_SAFE)

    app.add_routes(
        [
            web.get("/openapi.json", show_operations),
            web.get("/asyncapi.json", show_events),
            web.get("/docs", show_page),
            web.get("/docs/init.js", _show_init),
            web.get("/docs/docs.css", _show_style),
            web.get("/docs/ui/{file}", _show_file),
        ]
    )


async def _show_init(_request: web.Request) -> web.Response:
    return web.Response(text=_INIT, content_type="text/javascript", headers=_SAFE)


async def _show_style(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_STYLE, headers={**_SAFE, "Content-Type": "text/css"})


async def _show_file(request: web.Request) -> web.FileResponse:
    name = request.match_info["file"]
    if name not in _FILES:
        raise RouteNotFound(path=request.path)
    return web.FileResponse(_folder() / name, headers={**_SAFE, "Content-Type": _FILES[name]})


@cache
def _folder() -> Path:
    found = find_spec(_CARRIER)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{_CARRIER} is not installed")
    return Path(found.origin).parent / "dist"
