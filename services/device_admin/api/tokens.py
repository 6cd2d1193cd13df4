"""The token endpoint, and the keys that verify its tokens."""

from urllib.parse import parse_qsl

from aiohttp import web

from chassis.auth import basic_credentials
from chassis.bodies import read_body, require_content_type
from chassis.errors import Refusal, UnsupportedMediaType
from chassis.operations import operation
from chassis.web import AUTH, json_response
from device_admin import errors, schemas, usecases
from device_admin.api import described
from device_admin.api.calls import RESOURCES, routes

_FORM = "application/x-www-form-urlencoded"
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@routes.post("/{runtime}/api/az/v1/token")
@operation(
    id="issueToken",
    summary="An access token for a confidential client",
    security=("basic",),
    path=described.RUNTIME,
    request=schemas.TokenForm,
    request_types=(_FORM,),
    responses={200: schemas.Token},
    refusals=described.NO_TOKEN,
    error_schema=schemas.TokenError,
    examples=described.TOKEN_EXAMPLES,
)
async def issue_token(request: web.Request) -> web.Response:
    """An access token for a confidential client."""
    resources, runtime = request.app[RESOURCES], request.match_info["runtime"]
    try:
        credentials = basic_credentials(request.headers.get("Authorization"))
        client = await usecases.authenticate(resources, credentials, address=request.app[AUTH].address(request))
        usecases.require_runtime(resources, runtime)
        token = usecases.issue_token(resources, client, runtime=runtime, form=await _form(request))
    except Refusal as refusal:
        refusal.headers.update(_NOT_STORED)
        raise
    return json_response(token, headers=_NOT_STORED)


@routes.get("/{runtime}/api/az/v1/jwks")
@operation(
    id="showKeys",
    summary="The public keys of the tokens",
    path=described.RUNTIME,
    responses={200: schemas.PublicKeys},
    refusals=(errors.RuntimeNotFound,),
)
async def show_keys(request: web.Request) -> web.Response:
    """The public keys of our tokens."""
    keys = usecases.public_keys(request.app[RESOURCES], request.match_info["runtime"])
    return json_response(keys, headers={"Cache-Control": "public, max-age=300"})


async def _form(request: web.Request) -> dict[str, str]:
    """The form of a token request. RFC 6749 forbids a parameter to be there twice; an empty one is as good as none."""
    try:
        require_content_type(request, (_FORM,))
        fields = parse_qsl((await read_body(request)).decode("utf-8"), errors="strict", max_num_fields=50)
    except UnsupportedMediaType as refusal:
        raise errors.InvalidTokenRequest(problem="it must be a form") from refusal
    except ValueError as error:
        raise errors.InvalidTokenRequest(problem="the form cannot be read") from error
    form = dict(fields)
    if len(form) != len(fields):
        raise errors.InvalidTokenRequest(problem="a parameter is given more than once")
    return form
