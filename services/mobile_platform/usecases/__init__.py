"""What this service can do, one function each."""

from mobile_platform.usecases.erasing import erase_device
from mobile_platform.usecases.registering import Registration, admit, anonymous_caller, deregister, recheck, register
from mobile_platform.usecases.resources import Resources
from mobile_platform.usecases.statuses import apply_status, take_token_away

__all__ = [
    "Registration",
    "Resources",
    "admit",
    "anonymous_caller",
    "apply_status",
    "deregister",
    "erase_device",
    "recheck",
    "register",
    "take_token_away",
]
