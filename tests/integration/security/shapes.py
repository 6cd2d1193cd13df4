"""How each service words a refusal: its contract's error object, and nothing besides."""

from typing import Any

from tests.integration.security.world import ADMIN, CONTACTS, MOBILE, PUSH

SHAPES = {
    PUSH: {"code", "message", "correlationId"},
    ADMIN: {"errorCode", "message", "correlationId"},
    CONTACTS: {"Message", "Code", "CorrelationId"},
    MOBILE: {"type", "title", "status", "detail", "o:errorCode", "o:errorPath", "o:ecid"},
}
TOKEN_SHAPE = {"error", "error_description"}


def in_shape(service: str, body: Any, *, token_endpoint: bool = False) -> bool:
    """Whether a refusal's body has the shape."""
    return isinstance(body, dict) and set(body) == (TOKEN_SHAPE if token_endpoint else SHAPES[service])
