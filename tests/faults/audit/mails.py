"""Mails: one for each trigger, named by the Message-ID that its event's id makes."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from email.parser import BytesHeaderParser
from pathlib import Path

from tests.faults.audit.losses import TRIGGERED
from tests.faults.audit.records import Record

MAILED = frozenset({"SendWelcomeEmail", "SendEventInvite", "SendDeviceLostAlert"})


def wanted(events: Sequence[Record]) -> dict[str, Record]:
    """The triggers that a mail is due for, by the beginning of its Message-ID."""
    return {
        hashlib.sha256(event.id.encode()).hexdigest()[:40]: event
        for event in events
        if event.type == TRIGGERED and event.data["customEvent"] in MAILED
    }


def delivered(mailbox: Path) -> Counter[str]:
    """How often each mail came."""
    ids: Counter[str] = Counter()
    for file in mailbox.glob("*.eml"):
        with file.open("rb") as mail:
            ids[str(BytesHeaderParser().parse(mail)["Message-ID"])[1:].partition("@")[0]] += 1
    return ids


def missing(triggers: dict[str, Record], mails: Counter[str]) -> Iterator[str]:
    """Triggers without a mail."""
    yield from (f"no mail for {event}" for id, event in triggers.items() if id not in mails)


def unasked(triggers: dict[str, Record], mails: Counter[str]) -> Iterator[str]:
    """Mails without a trigger."""
    yield from (f"nothing triggered the mail {id}" for id in mails if id not in triggers)


def again(mails: Counter[str]) -> int:
    """How many mails were the same as one before."""
    return sum(number - 1 for number in mails.values())
