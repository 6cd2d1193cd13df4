"""What no process of ours may write, whatever a test did to it: searched for in all logs at the end of a run."""

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.local.options import NAMES

LOGS = (*NAMES, "email-handlers")
SECRETS = {
    "a bearer token": re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"),
    "a password's hash": re.compile(r"\$argon2"),
    "a password in an address": re.compile(r"\w+://[^\s/:@]*:[^\s/@]+@"),
    "a mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "credentials": re.compile(r"(?i)\b(basic|bearer) [\w+/=-]{12,}"),
}


def leaks_in(text: str) -> list[str]:
    """The kinds of secrets that this text has."""
    return [kind for kind, pattern in SECRETS.items() if pattern.search(text)]


def leaks_below(folder: Path) -> Iterator[str]:
    """Each log of a service in this folder or below that has a secret, and of which kind."""
    for name in LOGS:
        for log in sorted(folder.rglob(f"{name}.log")):
            for kind in leaks_in(log.read_text(errors="replace")):
                yield f"{kind} in {log}"
