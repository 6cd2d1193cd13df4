"""The mail sink keeps every mail as a file, whole, with the envelope it came in."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from deploy.local.backends import MailSink
from deploy.local.backends.ports import LOOPBACK
from tests.support.polling import eventually


async def test_keeps_mails_in_the_order_they_came(tmp_path: Path) -> None:
    async with MailSink(tmp_path / "mailbox", tmp_path / "logs") as sink:
        for subject in ("Gerät registriert", "Gerät verloren"):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "rollcall@example.com", "jane@example.com", subject
            mail.set_content("Guten Tag")
            await aiosmtplib.send(mail, hostname=LOOPBACK, port=sink.port, start_tls=False, timeout=5)
        kept = await eventually(sink.mails)
        assert [mail["Subject"] for mail in kept] == ["Gerät registriert", "Gerät verloren"]
        assert kept[0]["X-Rcpt-To"] == "jane@example.com"
        assert kept[0].get_content().strip() == "Guten Tag"
        assert not list(sink.data.glob(".*.part"))
        assert f"accepting mail on {sink.address}" in sink.last_words()
