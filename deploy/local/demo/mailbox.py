"""Reading the mail sink's folder."""

from email import policy
from email.parser import BytesParser
from pathlib import Path


def subject_of_mail(mailbox: Path, to: str, about: str) -> str | None:
    """The subject of the newest mail to this address whose subject says what it is about."""
    for path in sorted(mailbox.glob("*.eml"), reverse=True):
        mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes(), headersonly=True)
        if mail["To"] == to and about in str(mail["Subject"]).lower():
            return str(mail["Subject"])
    return None
