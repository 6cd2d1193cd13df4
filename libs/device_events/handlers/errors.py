"""What a handler may raise to say what should become of its event. Anything else it raises is a failed try."""

from device_events.errors import Rejected


class Reject(Rejected):
    """No retry can help: the event goes to the dead letters at once, with this reason. Name no personal data in it."""


class RetryLater(Exception):
    """Not now: try this event again after `seconds`, which does not count as a failed try.

    `patience` is for how many seconds in all it may be put off so, restarts included if the records are durable, until
    it is given up with `reason`; None is however long.
    """

    def __init__(self, seconds: float, reason: str = "put off", *, patience: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.patience = patience
