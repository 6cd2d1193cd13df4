"""Commands to mobile-platform."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from device_events import catalog
from mobile_platform import usecases
from tests.model import members
from tests.model.calls import Way
from tests.model.fleet import BACKENDS, CALLER, CLIENT, DEVICES, MOBILE, TOKENS
from tests.model.machine import WAYS, Machine

_TOKEN, _BACKEND = st.sampled_from(TOKENS), st.sampled_from(BACKENDS)


def payload(token: str) -> dict[str, Any]:
    """A loaded body."""
    return {"mobile_client": CLIENT, "token": token}


class MobileRules(Machine):
    """Clients come and go, with and without the name of their device."""

    @rule(token=_TOKEN, backend=_BACKEND, device=st.sampled_from([None, *DEVICES]), way=WAYS)
    def register_client(self, token: str, backend: str, device: str | None, way: Way) -> None:
        chosen = MOBILE.catalogue.backends[backend]
        self.call(
            members.MOBILE,
            "register-client",
            way,
            do=lambda resources: usecases.register(resources, chosen, CALLER, payload(token), device),
            announces=frozenset({catalog.MOBILE_CLIENT_REGISTERED}),
            # A status may come between the write and the second look, which takes it back.
            despite_refusal=1,
        )

    @rule(token=_TOKEN, backend=_BACKEND, way=WAYS)
    def deregister_client(self, token: str, backend: str, way: Way) -> None:
        chosen = MOBILE.catalogue.backends[backend]
        self.call(
            members.MOBILE,
            "deregister-client",
            way,
            do=lambda resources: usecases.deregister(resources, chosen, payload(token)),
            announces=frozenset({catalog.MOBILE_CLIENT_DEREGISTERED}),
        )
