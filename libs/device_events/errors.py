"""Why an event could not be decoded or handled."""


class Rejected(Exception):
    """The event itself is at fault and no retry can help: it goes to the dead-letter topic at once."""


class Undecodable(Rejected):
    """The record is not one of our events: a header is missing or malformed, or its payload breaks its schema."""


class Away(Exception):
    """A backend the handler needs is away: the event is waited for, however long, and never dead-lettered."""
