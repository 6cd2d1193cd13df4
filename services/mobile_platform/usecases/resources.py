"""What the use cases work with."""

from dataclasses import dataclass

from chassis.tokens import TokenDigest
from mobile_platform.settings import Catalogue
from mobile_platform.store import Store


@dataclass(frozen=True, slots=True)
class Resources:
    """What the use cases need."""

    store: Store
    catalogue: Catalogue
    digests: TokenDigest
