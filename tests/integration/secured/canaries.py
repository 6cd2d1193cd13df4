"""What must not be found where it has no business: distinct words for every secret and every personal value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

TOKENS = {name: f"canarytoken{name}{number}" for number, name in enumerate(("first", "second", "taken", "apns", "bad"))}
CONTACT = {
    "Email": "canary.mail@example.com",
    "Mobile": "353870011223344",
    "FirstName": "Canaryfirstname",
    "ReferanceAccountId": 770011223344,
}
PHONE = "353879988776655"
WRONG = {"wrong password": "canarywrongpassword", "wrong client secret": "canarywrongsecret"}
DEVICES = {"device": "canary-device-1", "thief": "canary-device-2"}
USER_ID = "canary-user-id"


@dataclass
class Words:
    """By what it is: the word to look for. `secrets` grow by what the stack makes itself."""

    secrets: dict[str, str] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All of them in one line, as a bad exception might have it."""
        return " ".join([*self.secrets.values(), *self.personal.values(), *self.identifiers.values()])


def words(secrets: Mapping[str, str]) -> Words:
    """The canaries, and these secrets of the stack."""
    tokens = {f"push token {name}": token for name, token in TOKENS.items()}
    personal = {f"contact's {name}": str(value) for name, value in CONTACT.items()}
    return Words(
        {**secrets, **tokens, **WRONG},
        {**personal, "phoneNumber": PHONE},
        {**DEVICES, "userId": USER_ID, "mobile user": "mobile.user@example.com"},
    )


def found(looked_for: Mapping[str, str], where: Mapping[str, str]) -> list[str]:
    """Each word that is somewhere, and where: never the word itself, which a report would spread."""
    return [f"{what} in {place}" for place, text in where.items() for what, word in looked_for.items() if word in text]


def places_of(looked_for: Iterable[str], where: Mapping[str, str]) -> set[str]:
    """The places that have any of these words."""
    told = list(looked_for)
    return {place for place, text in where.items() if any(word in text for word in told)}
