"""Values of contacts are texts from outside: what makes them safe for a mail's header, or for one line."""

import re

from marshmallow import ValidationError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def plain_address(text: object) -> str:
    """The text, if it is one plain e-mail address in ASCII. Raises ValidationError, so it validates settings too."""
    if not isinstance(text, str) or not _ADDRESS.fullmatch(text):
        raise ValidationError("must be a plain e-mail address")
    return text


def one_line(text: object, *, limit: int = 100) -> str:
    """The text as part of one line, cut to `limit` characters; "" for what is no text."""
    return " ".join(text.split())[:limit] if isinstance(text, str) else ""
