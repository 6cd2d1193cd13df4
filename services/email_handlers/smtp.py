"""The mail server: where it is (SMTP_HOST and so on), and one mail over a connection of its own."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import aiosmtplib
from marshmallow.validate import Range

from device_events.handlers import plain_address, setting


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """Times are seconds. `patience`: how long a recipient may be put off with a 4xx."""

    host: str = setting(about="where mail goes out")
    port: int = setting(25, about="its port", validate=Range(1, 65_535))
    sender: str = setting(about="the address in `From`", validate=plain_address)
    username: str | None = setting(None, about="for a login, which needs `SMTP_STARTTLS`")
    password: str | None = setting(None, about="for a login", secret=True)
    starttls: bool = setting(False, about="whether TLS is begun before anything else")
    timeout: float = setting(20.0, about="for one mail", validate=Range(0, min_inclusive=False))
    connections: int = setting(8, about="mails at once", validate=Range(1))
    patience: float = setting(900.0, about="how long a mail server may put a recipient off", validate=Range(0))

    def mistakes(self) -> dict[str, str]:
        if (self.username is None) != (self.password is None):
            return {"username": "comes with SMTP_PASSWORD, or neither does"}
        in_clear = self.username is not None and not self.starttls
        return {"starttls": "must be on where a password is sent"} if in_clear else {}

    async def send(self, message: EmailMessage) -> None:
        """Raises SMTPException and OSError."""
        login: dict[str, Any] = {"username": self.username, "password": self.password, "start_tls": self.starttls}
        async with asyncio.timeout(self.timeout):
            await aiosmtplib.send(message, hostname=self.host, port=self.port, timeout=self.timeout, **login)
