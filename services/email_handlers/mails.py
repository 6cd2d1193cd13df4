"""The mails themselves: one function a custom event, from the event's values to a message. No I/O."""

import hashlib
import re
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from device_events import Event, Rejected

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_NAME_LIMIT = 100


def is_address(text: object) -> bool:
    """Whether this is one plain e-mail address in ASCII."""
    return isinstance(text, str) and _ADDRESS.fullmatch(text) is not None


def welcome(data: Mapping[str, Any]) -> tuple[str, str]:
    return "Welcome", "thank you for signing up. It is good to have you with us."


def event_invite(data: Mapping[str, Any]) -> tuple[str, str]:
    return "You are invited", "we would like to see you at our next event. Details follow in a mail of their own."


def device_lost_alert(data: Mapping[str, Any]) -> tuple[str, str]:
    device = f"The device {_line(data['deviceId'])}" if data.get("deviceId") else "A device"
    status = str(data.get("status", "LOST")).lower()
    text = (
        f"{device}, registered in your name, has been reported {status}.\n"
        "It no longer receives any notifications. If you have it in your hands, please contact us."
    )
    return f"Your device was reported {status}", text


# A custom event that is not named here is another handler's business.
MAILS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "SendWelcomeEmail": welcome,
    "SendEventInvite": event_invite,
    "SendDeviceLostAlert": device_lost_alert,
}


def compose(event: Event, sender: str) -> EmailMessage | None:
    """The mail for a triggered custom event, None if this is no event of ours.

    The same event always makes the same mail with the same Message-ID, so a mail server or reader can tell a repeat.
    Raises Rejected when the contact has no usable address.
    """
    write = MAILS.get(event.data["customEvent"])
    if write is None:
        return None
    values = event.data["values"]
    address = values.get("Email")
    if not is_address(address):
        raise Rejected("the contact has no valid e-mail address in Email")
    subject, text = write(event.data)
    name = _line(values.get("FirstName"))
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = format_datetime(event.time)
    digest = hashlib.sha256(event.id.encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"Hello{' ' + name if name else ''},\n\n{text}\n")
    return message


def _line(value: object) -> str:
    """A text from outside as part of one line."""
    return " ".join(value.split())[:_NAME_LIMIT] if isinstance(value, str) else ""
