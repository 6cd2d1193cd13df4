"""Keyed digests of push tokens: enough to match one, useless to send with."""

import base64
import hmac


class TokenDigest:
    """HMAC-SHA-256 under a secret that push-registry and mobile-platform share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, token: str) -> str:
        """The digest, base64url without padding (43 characters)."""
        return base64.urlsafe_b64encode(hmac.digest(self._key, token.encode(), "sha256")).rstrip(b"=").decode()
