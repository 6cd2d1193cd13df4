"""GET /openapi.json, and GET /docs: a page that shows it. Everything the page loads comes from this service."""

import html
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import orjson
from aiohttp import web

from chassis.errors import RouteNotFound
from chassis.openapi.document import build_document
from chassis.openapi.parts import Api

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
</head>
<body>
<div id="ui"></div>
<script src="docs/ui/swagger-ui-bundle.js"></script>
<script src="docs/init.js"></script>
</body>
</html>
"""
# validatorUrl: null keeps the page from sending the document to an online validator.
_INIT = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null});\n'


API = web.AppKey("api", Api)


def add_docs(app: web.Application, api: Api) -> None:
    """Add the routes. The document is made when it is first asked for."""
    app[API] = api
    made: list[bytes] = []

    async def show_document(request: web.Request) -> web.Response:
        if not made:
            made.append(orjson.dumps(build_document(request.app, api)))
        return web.Response(body=made[0], content_type="application/json")

    app.add_routes(
        [
            web.get("/openapi.json", show_document),
            web.get("/docs", _show_page),
            web.get("/docs/init.js", _show_init),
            web.get("/docs/ui/{file}", _show_file),
        ]
    )


async def _show_page(request: web.Request) -> web.Response:
    page = _PAGE.format(title=html.escape(request.app[API].title))
    return web.Response(text=page, content_type="text/html", headers=_SAFE)


async def _show_init(_request: web.Request) -> web.Response:
    return web.Response(text=_INIT, content_type="text/javascript", headers=_SAFE)


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
