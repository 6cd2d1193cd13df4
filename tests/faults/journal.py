"""The recorder: what callers were told of their writes. Whatever was acknowledged must hold in the end."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A write that was acknowledged.

    `correlation` is the id that the request carried and its event has to carry; `types` are the event types of which
    one has to be there. A status change is found by its `transaction` instead, and an asynchronous one (`promised`)
    may have been overtaken. Each of `triggers` is a custom event that has to be there with these `values`.
    """

    source: str
    types: tuple[str, ...]
    correlation: str
    transaction: int | None = None
    promised: bool = False
    triggers: tuple[str, ...] = ()


@dataclass
class Journal:
    """Requests by what is known of them. Refused ones changed nothing; of an unknown one nobody can tell.

    `first_names` has, by mail address, what a contact was last known to be called, then what it may be called as well.
    """

    acknowledged: list[Acknowledged] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    first_names: dict[str, list[str]] = field(default_factory=dict)

    def named(self, mail: str, name: str) -> None:
        """The contact's first name was acknowledged; what was in doubt before may still come."""
        doubted = [one for one in self.first_names.get(mail, [""])[1:] if one != name]
        self.first_names[mail] = [name, *doubted]

    def may_be_named(self, mail: str, name: str) -> None:
        """Nobody knows whether the contact took this first name."""
        self.first_names.setdefault(mail, [""]).append(name)
