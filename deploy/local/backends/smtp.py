"""The mail sink as a server of its own, so that mails sent by any process are found in one folder."""

import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from deploy.local.backends.ports import answers
from deploy.local.backends.server import Server

PROGRAM = Path(__file__).with_name("smtp_sink.py")


class MailSink(Server):
    """Accepts every mail and delivers none; its data folder is the mailbox."""

    name = "smtp-sink"

    def command(self) -> list[str]:
        """This package's own module, by its file: the new process need not find the repository."""
        return [sys.executable, "-P", str(PROGRAM), "--port", str(self.port), "--mailbox", str(self.data)]

    async def ready(self) -> bool:
        """It serves as soon as it listens."""
        return await answers(self.port)

    def mails(self) -> list[EmailMessage]:
        """Every mail received so far, oldest first."""
        return [read(path) for path in sorted(self.data.glob("*.eml"))]


def read(path: Path) -> EmailMessage:
    """One mail as the program sees it."""
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file)
