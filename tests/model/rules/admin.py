"""Commands to device-admin, and its jobs."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from device_admin import usecases
from tests.model import members
from tests.model.calls import Outcome, Way
from tests.model.fleet import DEVICES, RUNTIME
from tests.model.machine import WAYS, Machine

_DEVICE = st.sampled_from(DEVICES)
_STATUS = st.sampled_from(["LOST", "ACTIVE", "STOLEN", "DISABLED", "EXPIRED"])


class AdminRules(Machine):
    """Operators set statuses and remove devices; processes that are gone are made up for."""

    def _accepted(self, outcome: Outcome) -> None:
        if outcome.result is not None:
            self.world.books.accepted.append(outcome.result)

    @rule(device=_DEVICE, status=_STATUS, asynchronous=st.booleans(), way=WAYS)
    def set_status(self, device: str, status: str, asynchronous: bool, way: Way) -> None:
        self.call(
            members.ADMIN,
            f"set-{status}",
            way,
            do=lambda resources: usecases.change_status(
                resources, runtime=RUNTIME, device_id=device, status=status, user="admin", asynchronous=asynchronous
            ),
            ended=self._accepted,
        )

    @rule(device=_DEVICE, asynchronous=st.booleans(), way=WAYS)
    def remove_device(self, device: str, asynchronous: bool, way: Way) -> None:
        self.call(
            members.ADMIN,
            "remove",
            way,
            do=lambda resources: usecases.remove_device(
                resources, runtime=RUNTIME, device_id=device, user="admin", asynchronous=asynchronous
            ),
            ended=self._accepted,
        )

    @rule(way=WAYS)
    def expire_inactive(self, way: Way) -> None:
        self.call(members.ADMIN, "expire", way, do=usecases.expire_inactive)

    @rule(way=WAYS)
    def recover_transactions(self, way: Way) -> None:
        self.call(members.ADMIN, "recover", way, do=usecases.recover_transactions)
