"""A mail server of the test's own, in its loop."""

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """A mail server's memory; what it answers to a recipient, one answer a try, then 250."""

    mails: list[Message] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if pending := self.answers.get(address):
            return pending.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 kept"

    def to(self, address: str) -> list[Message]:
        return [mail for mail in self.mails if mail["To"] == address]


async def serve(mailbox: Mailbox, port: int = 0) -> asyncio.Server:
    """A mail server in this loop; port 0 is any that is free."""
    return await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", port)
