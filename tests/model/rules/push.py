"""Commands to push-registry."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from device_events import catalog
from push_registry import usecases
from push_registry.model import Details
from tests.model import members
from tests.model.calls import Way
from tests.model.fleet import APPLICATIONS, DEVICES, TOKENS
from tests.model.machine import WAYS, Machine

_DEVICE, _APPLICATION = st.sampled_from(DEVICES), st.sampled_from(APPLICATIONS)
_WRITTEN = frozenset({catalog.PUSH_REGISTERED, catalog.PUSH_UPDATED})


class PushRules(Machine):
    """Devices register, and take tokens from one another."""

    @rule(device=_DEVICE, application=_APPLICATION, token=st.sampled_from(TOKENS), way=WAYS)
    def register_for_push(self, device: str, application: str, token: str, way: Way) -> None:
        details = Details(platform="A", token=token)
        self.call(
            members.PUSH,
            "register",
            way,
            do=lambda resources: usecases.register(resources, application, device, details),
            announces=_WRITTEN,
        )

    @rule(device=_DEVICE, application=_APPLICATION, token=st.sampled_from([None, *TOKENS]), way=WAYS)
    def update_push(self, device: str, application: str, token: str | None, way: Way) -> None:
        details = Details(user_id="somebody", token=token)
        self.call(
            members.PUSH,
            "update",
            way,
            do=lambda resources: usecases.update(resources, application, device, details),
            announces=_WRITTEN,
        )

    @rule(device=_DEVICE, application=_APPLICATION, way=WAYS)
    def deregister_from_push(self, device: str, application: str, way: Way) -> None:
        self.call(
            members.PUSH,
            "deregister",
            way,
            do=lambda resources: usecases.deregister(resources, application, device),
            announces=frozenset({catalog.PUSH_DEREGISTERED}),
        )

    @rule(device=_DEVICE, application=_APPLICATION, day_passes=st.booleans(), way=WAYS)
    def read_push(self, device: str, application: str, day_passes: bool, way: Way) -> None:
        if day_passes:
            self.world.clock.pass_a_day()
        self.call(
            members.PUSH,
            "read",
            way,
            do=lambda resources: usecases.read(resources, application, device),
            announces=frozenset({catalog.PUSH_SEEN}),
            bounds=(0, 1),
        )
