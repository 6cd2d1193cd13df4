"""What the machines play with: few devices and few tokens, so that they meet, and the four services' settings."""

from datetime import UTC, datetime, timedelta

from joserfc import jwk

from chassis.auth import Principal
from chassis.clock import Clock
from chassis.tokens import TokenDigest
from contacts.settings import CatalogueSchema as ContactsCatalogueSchema
from contacts.settings import Settings as ContactsSettings
from device_admin.settings import Settings as AdminSettings
from device_events import KafkaConnection
from mobile_platform.settings import CatalogueSchema as MobileCatalogueSchema
from mobile_platform.settings import Settings as MobileSettings
from push_registry.settings import Settings as PushSettings
from tests.support.services import shared_settings

RUNTIME = "fleet"
DEVICES = ("one", "two", "three")
TOKENS = ("red", "green", "blue")
APPLICATIONS = ("app", "other")
BACKENDS = ("backend", "sibling")
CLIENT = {"id": "my.app.id", "platform": "IOS"}
CALLER = Principal(name="user@example.com", scheme="basic")
ALERTING, INVITING = 3, 4  # contact lists
EMAILS = ("a@example.com", "b@example.com")
CUSTOM_EVENTS = ("Welcome", "Invite", "Alert")
NOWHERE = KafkaConnection(bootstrap_servers=("nowhere:9092",))
_KEY = b"k" * 32
DIGEST = TokenDigest(_KEY)
_FIELDS = [{"id": 1, "name": "Email"}, {"id": 2, "name": "FirstName", "default": "friend"}]
_SHARED = shared_settings("mongodb://nowhere", "nowhere", NOWHERE)

PUSH = PushSettings(**_SHARED, applications=dict.fromkeys(APPLICATIONS, RUNTIME), token_digest=DIGEST)
MOBILE = MobileSettings(
    **_SHARED,
    catalogue=MobileCatalogueSchema().load(
        {
            "runtimes": [{"name": RUNTIME}],
            "backends": [
                {"id": id, "runtime": RUNTIME, "clients": [{"id": CLIENT["id"], "platforms": [CLIENT["platform"]]}]}
                for id in BACKENDS
            ],
        }
    ),
    token_digest_key=_KEY,
)
CONTACTS = ContactsSettings(
    **_SHARED,
    catalogue=ContactsCatalogueSchema().load(
        {
            "runtimes": [{"name": RUNTIME}],
            "contactLists": [
                {
                    "id": ALERTING,
                    "name": "Alerting",
                    "runtime": RUNTIME,
                    "fields": _FIELDS,
                    "customEvents": CUSTOM_EVENTS,
                    "onStatus": {"LOST": ["Alert"], "STOLEN": ["Alert", "Invite"]},
                },
                {
                    "id": INVITING,
                    "name": "Inviting",
                    "runtime": RUNTIME,
                    "fields": _FIELDS,
                    "customEvents": CUSTOM_EVENTS,
                    "onRegistered": ["Welcome"],
                    "onStatus": {"ACTIVE": ["Invite"], "EXPIRED": ["Invite"], "DISABLED": ["Alert"]},
                },
            ],
        }
    ),
    enc_contact_id_keys={"k1": b"1" * 64},
    contact_digest_key=b"d" * 32,
)
ADMIN = AdminSettings(
    **_SHARED,
    runtimes=frozenset({RUNTIME}),
    clients={},
    signing_keys=[jwk.ECKey.generate_key("P-256", auto_kid=True)],
    token_issuer="rollcall",
    token_audience="rollcall",
    token_lifetime=3_600,
    product_version="8.0",
    app_server_id="rollcall",
    device_patience=0.0,
    acknowledgement_timeout=timedelta(0),
    orphan_age=timedelta(0),
    transactions_every=3_600,
    inactivity=timedelta(0),
    expiry_every=3_600,
)


def device_key(device_id: str) -> str:
    """What every service calls a device."""
    return f"{RUNTIME}/{device_id}"


class TickingClock(Clock):
    """The server's clock, a millisecond later at each look, so that one course of events always has the same times."""

    def __init__(self) -> None:
        super().__init__()
        self._moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self._moment += timedelta(milliseconds=1)
        return self._moment

    def pass_a_day(self) -> None:
        """Devices that read their registrations then are seen for the first time that day."""
        self._moment += timedelta(days=1)
