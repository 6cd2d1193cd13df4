"""The mails. Each file of `texts` is one custom event's: the subject, and after an empty line the text."""

import hashlib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from device_events.handlers import CustomEvent, one_line

TEXTS = {file.stem: file.read_text("utf-8") for file in Path(__file__).with_name("texts").glob("*.txt")}


def compose(event: CustomEvent, sender: str) -> EmailMessage:
    """The mail, the same for each try, its Message-ID too. Raises Reject when the contact has no usable address."""
    name, device = event.line("FirstName"), one_line(event.device_id)
    subject, _, text = TEXTS[event.custom_event].partition("\n\n")
    told = {
        "name": f" {name}" if name else "",
        "device": f"The device {device}" if device else "A device",
        "status": (event.status or "LOST").lower(),
    }
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, event.address("Email"), subject.format(**told)
    message["Date"], message["Auto-Submitted"] = format_datetime(event.time), "auto-generated"
    digest = hashlib.sha256(event.trigger_id.encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    message.set_content(text.format(**told))
    return message
