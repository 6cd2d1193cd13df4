"""What every answer says to browsers and caches, whatever it answers; HSTS is for whoever ends TLS: the ingress."""

from collections.abc import Mapping, MutableMapping

# An answer may hold personal data or a secret, so nothing keeps it unless its handler says otherwise; it is no page,
# so it loads nothing, and stands in no frame. The Server header replaces that of aiohttp, which tells versions.
SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "rollcall",
    "X-Content-Type-Options": "nosniff",
}


def secure(headers: MutableMapping[str, str]) -> None:
    """Add the security headers to an answer's; one that is there already stays, as its handler knows better."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
