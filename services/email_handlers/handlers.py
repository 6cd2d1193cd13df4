"""Mails each trigger once: claimed before the mail, recorded after it.

Only a crash between the mail server's word and the record sends a mail twice, and then with the same Message-ID.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import aiosmtplib
import structlog

from chassis.errors import Unavailable
from device_events import Event, Rejected, catalog
from email_handlers.mails import compose
from email_handlers.settings import Settings
from email_handlers.triggers import Triggers

log = structlog.get_logger()
PAUSE = timedelta(seconds=2)  # before a mail server that is away is asked again
GREYLIST_PAUSE = timedelta(seconds=30)  # before a recipient that was put off is tried again
LONGEST_WAIT = 5.0  # seconds in a handler, which a stopping service waits for


@dataclass(frozen=True, slots=True)
class Resources:
    """What the handler needs. `connections` bounds how many mails are under way at once."""

    settings: Settings
    triggers: Triggers
    connections: asyncio.Semaphore


class _Refused(Exception):
    """The mail server refused this mail; `permanent` is a 5xx, else it may be tried again later."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the mail server answered {code}")
        self.permanent = code >= 500


async def on_custom_event(resources: Resources, event: Event) -> None:
    """Mail the contact, unless that has been done, or has failed for good."""
    message = compose(event, resources.settings.smtp_sender)
    if message is None:
        return
    hold = timedelta(seconds=2 * resources.settings.smtp_timeout)
    async with _connection(resources.connections):
        claim = await resources.triggers.claim(event.id, event.data["customEvent"], event.data["contactId"], hold=hold)
        if claim.free:
            wait = await _mail(resources, event, message)
            if wait is None:
                return
        elif claim.state.get("outcome") == "sent":
            return
        elif "outcome" in claim.state:
            raise Rejected(claim.state.get("reason", "failed before"))
        else:
            wait = claim.wait
    await asyncio.sleep(min(wait, LONGEST_WAIT))
    raise Unavailable


@asynccontextmanager
async def _connection(connections: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of the mails under way. Raises Unavailable: a handler may not wait for all the mails before it."""
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            await connections.acquire()
    except TimeoutError:
        raise Unavailable from None
    try:
        yield
    finally:
        connections.release()


async def _mail(resources: Resources, event: Event, message: EmailMessage) -> float | None:
    """Send and record. Returns the seconds to wait when it has to be tried again. Raises Rejected."""
    try:
        await _send(resources.settings, message)
    except _Refused as refusal:
        return await _refused(resources, event, refusal)
    except (aiosmtplib.SMTPException, OSError) as error:
        log.warning("mail_server_away", error=type(error).__name__, event_id=event.id)
        await resources.triggers.put_off(event.id, pause=PAUSE, by_recipient=False)
        return PAUSE.total_seconds()
    await resources.triggers.settle(event.id, "sent")
    log.info("mail_sent", event_id=event.id, custom_event=event.data["customEvent"])
    return None


async def _refused(resources: Resources, event: Event, refusal: _Refused) -> float:
    reason = str(refusal)
    if not refusal.permanent:
        waited = await resources.triggers.put_off(event.id, pause=GREYLIST_PAUSE, by_recipient=True)
        if waited.total_seconds() < resources.settings.smtp_patience:
            return GREYLIST_PAUSE.total_seconds()
        reason += " for too long"
    await resources.triggers.settle(event.id, "failed", reason)
    raise Rejected(reason)


async def _send(settings: Settings, message: EmailMessage) -> None:
    """One mail over a connection of its own. Raises _Refused for this mail, others when the server is away."""
    try:
        async with asyncio.timeout(settings.smtp_timeout):
            await aiosmtplib.send(
                message,
                sender=settings.smtp_sender,
                recipients=[str(message["To"])],
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=settings.smtp_password,
                start_tls=settings.smtp_starttls,
                timeout=settings.smtp_timeout,
            )
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
        code = error.code if isinstance(error, aiosmtplib.SMTPDataError) else error.recipients[0].code
        if code == aiosmtplib.SMTPStatus.domain_unavailable:
            raise  # 421: it is about to close, which says nothing about this mail
        raise _Refused(code) from None


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.CUSTOM_EVENT_TRIGGERED: on_custom_event
}
