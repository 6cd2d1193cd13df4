"""Mails each trigger once. Only a crash between the mail server's word and the record sends a mail twice."""

from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused

from device_events.handlers import CustomEvent, Handlers, Reject, RetryLater
from email_handlers.mails import TEXTS, compose
from email_handlers.smtp import Smtp

PAUSE, GREYLIST_PAUSE = 2.0, 30.0  # seconds before a mail server that is away, or a recipient put off, is tried again
handlers = Handlers(Smtp, prefix="SMTP_", records="email_triggers")


@handlers.on(*TEXTS, timeout=lambda smtp: smtp.timeout + 1, concurrency=lambda smtp: smtp.connections)
async def mail(event: CustomEvent) -> None:
    """Mail the contact. A mail server that is away, or refuses sender, login or TLS, is no event's fault."""
    smtp = handlers.settings
    try:
        await smtp.send(compose(event, smtp.sender))
    except (SMTPException, OSError) as error:
        refused = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) else error
        # 421 is about to close, as good as away: that says nothing about this mail.
        code = refused.code if isinstance(refused, SMTPRecipientRefused | SMTPDataError) else 421
        if code == 421:
            raise RetryLater(PAUSE, f"no mail server: {type(error).__name__}") from None
        reason = f"the mail server answered {code}"
        raise Reject(reason) if code >= 500 else RetryLater(GREYLIST_PAUSE, reason, patience=smtp.patience) from None
