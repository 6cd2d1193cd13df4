"""What device-admin can do."""

from device_admin.usecases.cascade import acknowledge, give_up_waiting, recover_transactions
from device_admin.usecases.changes import carry_out, change_application_status, change_status, remove_device
from device_admin.usecases.devices import expire_inactive, learn
from device_admin.usecases.erasing import erasing
from device_admin.usecases.resources import Resources, require_runtime
from device_admin.usecases.restoring import adopting, saying_again
from device_admin.usecases.tokens import authenticate, issue_token, public_keys

__all__ = [
    "Resources",
    "acknowledge",
    "adopting",
    "authenticate",
    "carry_out",
    "change_application_status",
    "change_status",
    "erasing",
    "expire_inactive",
    "give_up_waiting",
    "issue_token",
    "learn",
    "public_keys",
    "recover_transactions",
    "remove_device",
    "require_runtime",
    "saying_again",
]
