#!/usr/bin/env python
"""As Mailpit: `/mailpit` keeps every mail in memory and shows it, `/mailpit readyz` tells whether that one answers."""

import json
import signal
import sys
from email import policy
from email.parser import BytesParser
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

EVERYWHERE = "0.0.0.0"  # noqa: S104 - of its container, whose ports are published or not from outside
SMTP_PORT, HTTP_PORT = 1025, 8025
MAILS: list[bytes] = []  # a mail's id is its place, counted from one


class Sink:
    """Takes what comes."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the mail."""
        if not isinstance(envelope.content, bytes):
            return "554 the mail has no content"
        MAILS.append(envelope.content)
        return "250 kept"


class Api(BaseHTTPRequestHandler):
    """GET /readyz, /api/v1/messages (newest first), /api/v1/message/{ID}/raw."""

    def do_GET(self) -> None:
        """404 for everything else."""
        match self.path.partition("?")[0].strip("/").split("/"):
            case ["readyz"]:
                self._answer(b"ok")
            case ["api", "v1", "messages"]:
                mails = [shown(number, mail) for number, mail in enumerate(MAILS, 1)][::-1]
                self._answer(json.dumps({"total": len(mails), "messages": mails}).encode(), "application/json")
            case ["api", "v1", "message", number, "raw"] if number.isdecimal() and 0 < int(number) <= len(MAILS):
                self._answer(MAILS[int(number) - 1])
            case _:
                self.send_error(404)

    def _answer(self, body: bytes, content_type: str = "text/plain") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def shown(number: int, mail: bytes) -> dict[str, object]:
    """What Mailpit's list tells of a mail, as far as it is asked for."""
    head = BytesParser(policy=policy.default).parsebytes(mail, headersonly=True)
    return {"ID": str(number), "To": [{"Address": str(head["To"])}], "Subject": str(head["Subject"])}


def ready() -> bool:
    """Whether the one that serves answers."""
    connection = HTTPConnection("127.0.0.1", HTTP_PORT, timeout=3)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def main() -> None:
    """Serve until SIGTERM or SIGINT, or answer `readyz` by the exit status."""
    if sys.argv[1:] == ["readyz"]:
        sys.exit(not ready())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    Controller(Sink(), EVERYWHERE, SMTP_PORT).start()
    ThreadingHTTPServer((EVERYWHERE, HTTP_PORT), Api).serve_forever()


if __name__ == "__main__":
    main()
