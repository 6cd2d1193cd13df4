"""A mail server that keeps every mail as a file: `python -m deploy.local.backends.smtp_sink --port P --mailbox DIR`."""

import argparse
import asyncio
import itertools
import signal
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class Mailbox:
    """Writes each mail under another name first, so that a reader never sees half of one."""

    def __init__(self, folder: Path) -> None:
        """Count from zero: together with the clock the names stay unique and in order."""
        self.folder = folder
        self.numbers = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, with sender and recipients as the envelope had them on top."""
        if not isinstance(envelope.content, bytes):
            return "554 the mail has no content"
        top = f"X-Mail-From: {envelope.mail_from}\r\nX-Rcpt-To: {', '.join(envelope.rcpt_tos)}\r\n"
        name = f"{time.time_ns()}-{next(self.numbers):06}"
        part = self.folder / f".{name}.part"
        part.write_bytes(top.encode() + envelope.content)
        part.replace(self.folder / f"{name}.eml")
        return "250 kept"


async def serve(port: int, mailbox: Path) -> None:
    """Accept mail until asked to end."""
    mailbox.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, ending.set)
    keeper = Mailbox(mailbox)
    server = await loop.create_server(lambda: SMTP(keeper, enable_SMTPUTF8=True), LOOPBACK, port)
    print(f"accepting mail on {LOOPBACK}:{port}", flush=True)
    await ending.wait()
    server.close()


def main() -> None:
    """Read the command line."""
    options = argparse.ArgumentParser(description="Keep every mail as a file.")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--mailbox", type=Path, required=True)
    asked = options.parse_args()
    asyncio.run(serve(asked.port, asked.mailbox))


if __name__ == "__main__":
    main()
