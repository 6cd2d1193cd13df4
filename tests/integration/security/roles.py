"""Who may do what: the table that the README prints and the tests try out, each caller on each operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chassis.users import User, Users
from tests.integration.security.world import ADMIN, ANONYMOUS_KEY, CLIENT, CONTACTS, FIRST, MOBILE, PUSH, Place, World
from tests.support.services import HASHED, basic

NOBODY, CLIENT_SECRET, KEY = "nobody", "a confidential client", "the backend's anonymous key"
CHANGERS = ("mfpadmin", "mfpdeployer", "mfpoperator")
READERS = (*CHANGERS, "mfpmonitor")
# What a user's role can be.
ROLES = (
    *(*READERS, *(f"{role}:<runtime>" for role in READERS)),
    *("contacts:read:<list>", "contacts:write:<list>", "a reader of the list", "a writer of the list"),
    *("mobile:<backend>", "mobile:<backend>:team"),
)
READ, WRITE, APPLICATION = "devices.read", "devices.write", "push.application.<application>"
# What a token's scope can be, as far as it matters here.
SCOPES = (
    *(READ, WRITE, APPLICATION, f"{READ} {APPLICATION}", f"{WRITE} {APPLICATION}", "RegisteredClient", "*"),
    *("mfpadmin", "mfpadmin:<runtime>", "contacts:read:<list>", "contacts:write:<list>", "mobile:<backend>"),
)


@dataclass(frozen=True, slots=True)
class Right:
    """Operations of one service, and those callers who may do them; nobody else may."""

    service: str
    operations: tuple[str, ...]
    users: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def admits(self, caller: "Caller") -> bool:
        """Whether the caller is one of them."""
        named = {"user": self.users, "token": self.tokens, "other": self.others}[caller.kind]
        return caller.name in named


ANY_USER, ANY_TOKEN = ("no role", *ROLES), SCOPES
_LIST_READERS = ("contacts:read:<list>", "contacts:write:<list>", "a reader of the list", "a writer of the list")
_LIST_WRITERS = ("contacts:write:<list>", "a writer of the list")
RIGHTS = (
    Right(PUSH, ("readDevice", "listDevices"), tokens=(f"{READ} {APPLICATION}",)),
    Right(PUSH, ("registerDevice", "updateDevice", "deleteDevice"), tokens=(f"{WRITE} {APPLICATION}",)),
    Right(
        ADMIN,
        ("changeDeviceStatus", "removeDevice", "changeDeviceApplicationStatus"),
        users=(*CHANGERS, *(f"{role}:<runtime>" for role in CHANGERS)),
    ),
    Right(
        ADMIN,
        ("listDevices", "listTransactions", "showTransaction", "showCascade"),
        users=(*READERS, *(f"{role}:<runtime>" for role in READERS)),
    ),
    Right(ADMIN, ("issueToken",), others=(CLIENT_SECRET,)),
    Right(ADMIN, ("showKeys",), users=ANY_USER, tokens=ANY_TOKEN, others=(NOBODY, CLIENT_SECRET, KEY)),
    # It shows the lists that the caller may read, which may be none.
    Right(CONTACTS, ("showLists",), users=ANY_USER, tokens=ANY_TOKEN),
    Right(
        CONTACTS,
        ("showList", "showFields", "showContact"),
        users=_LIST_READERS,
        tokens=("contacts:read:<list>", "contacts:write:<list>"),
    ),
    Right(
        CONTACTS, ("registerDevice", "putDevice", "patchDevice"), users=_LIST_WRITERS, tokens=("contacts:write:<list>",)
    ),
    Right(
        MOBILE,
        ("registerMobileClient", "deregisterMobileClient"),
        users=("mobile:<backend>",),
        tokens=("mobile:<backend>",),
        others=(KEY,),
    ),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """One kind of caller; `kind` is "user", "token" or "other"."""

    kind: str
    name: str
    credentials: Callable[[World], Mapping[str, str]]


def in_place(text: str, place: Place) -> str:
    """A role or scope in a place. The lists' own readers and writers are who the catalogue says."""
    text = {"a reader of the list": "analyst", "a writer of the list": "editor"}.get(text, text)
    named = {"runtime": place.runtime, "application": place.application, "backend": place.backend, "list": place.number}
    for name, value in named.items():
        text = text.replace(f"<{name}>", str(value))
    return text


def users() -> Users:
    """A user of each role in the first place, named by it, one without any, and one with all of them."""
    roles = {role: [in_place(role, FIRST)] for role in ROLES}
    everything = [in_place(role, FIRST) for role in ROLES if role not in READERS]
    named = {**roles, "no role": [], "everything": everything}
    return {_login(name): User(_login(name), HASHED, frozenset(own)) for name, own in named.items()}


def as_user(role: str) -> Mapping[str, str]:
    """The credentials of the user with this role."""
    return basic(_login(role))


def _login(role: str) -> str:
    return role.replace(":", "-").replace("<", "").replace(">", "").replace(" ", "-")


def _user(role: str) -> Caller:
    return Caller("user", role, lambda _: as_user(role))


def _token(scope: str) -> Caller:
    return Caller("token", scope, lambda world: world.issuer.headers(in_place(scope, FIRST)))


CALLERS = (
    *(_user(role) for role in ANY_USER),
    *(_token(scope) for scope in SCOPES),
    Caller("other", NOBODY, lambda _: {}),
    Caller("other", CLIENT_SECRET, lambda _: basic(CLIENT)),
    Caller("other", KEY, lambda _: {"Authorization": f"Basic {ANONYMOUS_KEY}"}),
)


def refusal(service: str, operation: str, caller: Caller) -> int:
    """The status by which the contract refuses a caller. Push and mobile know no 403; nobody learns more than that."""
    if service == ADMIN and operation != "issueToken" and caller.kind == "user":
        return 403
    if service == CONTACTS and caller.kind != "other":
        return 403
    return 401
