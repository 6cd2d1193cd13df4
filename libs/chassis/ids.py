"""Ids that callers give: taken as data, refused when they could not be stored or shown as they are."""

import unicodedata

DEVICE_ID_LIMIT = 254  # characters


def device_id(text: str) -> str:
    """The same text. Raises ValueError unless it is 1 to 254 characters, none of them control or surrogate."""
    if not 1 <= len(text) <= DEVICE_ID_LIMIT:
        raise ValueError(f"a device id has 1 to {DEVICE_ID_LIMIT} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("a device id has no control characters")
    return text
