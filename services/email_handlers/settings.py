"""Where the mail goes out, and how long what was mailed is remembered."""

from dataclasses import dataclass, field
from typing import Any

from environs import validate

from chassis.settings import ChassisSettings, Env, read_settings
from email_handlers.mails import is_address

TOPIC_DAYS = 7  # how long the custom-events topic keeps an event that could come again


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    """Times are seconds, except `record_days`. `smtp_patience`: how long a recipient may be put off with a 4xx."""

    smtp_host: str
    smtp_port: int
    smtp_sender: str
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_starttls: bool = False
    smtp_timeout: float = 20.0
    smtp_connections: int = 8
    smtp_patience: float = 900.0
    record_days: int = 30

    @classmethod
    def from_env(cls) -> "Settings":
        return read_settings(cls, read, families=("SMTP_",))


def read(env: Env) -> dict[str, Any]:
    """Its own variables."""
    positive = validate.Range(min=0, min_inclusive=False)
    given = {
        "smtp_host": env.str("SMTP_HOST", about="where mail goes out"),
        "smtp_port": env.int("SMTP_PORT", 25, validate=validate.Range(1, 65_535), about="its port"),
        "smtp_sender": env.str("SMTP_SENDER", about="the address in `From`"),
        "smtp_username": env.str("SMTP_USERNAME", None, about="for a login, which needs `SMTP_STARTTLS`"),
        "smtp_password": env.str("SMTP_PASSWORD", None, about="for a login", secret=True),
        "smtp_starttls": env.bool("SMTP_STARTTLS", False, about="whether TLS is begun before anything else"),
        "smtp_timeout": env.float("SMTP_TIMEOUT", 20.0, validate=positive, about="for one mail"),
        "smtp_connections": env.int("SMTP_CONNECTIONS", 8, validate=validate.Range(min=1), about="mails at once"),
        "smtp_patience": env.float(
            "SMTP_PATIENCE",
            900.0,
            validate=validate.Range(min=0),
            about="how long a mail server may put a recipient off",
        ),
        "record_days": env.int(
            "RECORD_DAYS",
            30,
            validate=validate.Range(min=TOPIC_DAYS + 1),
            about=f"days that a sent mail is remembered; more than the topic's {TOPIC_DAYS}",
        ),
    }
    if given["smtp_sender"] and not is_address(given["smtp_sender"]):
        env.mistake("SMTP_SENDER", "must be a plain e-mail address")
    if (given["smtp_username"] is None) != (given["smtp_password"] is None):
        env.mistake("SMTP_USERNAME", "comes with SMTP_PASSWORD, or neither does")
    if given["smtp_username"] is not None and not given["smtp_starttls"]:
        env.mistake("SMTP_STARTTLS", "must be on where a password is sent")
    return given
