"""What a fault is measured in, and when a measured row is good."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from statistics import median

# Each of these has to be zero.
FAULTLESS = ("lost", "phantom", "repeated", "out_of_order", "stuck", "readable", "failed")
EVIDENCE_SHOWN = 12


@dataclass(kw_only=True)
class Figures:
    """Counts, but `recoveries`, which are seconds.

    `acknowledged` writes (A); acknowledged changes or announced events that are `lost` (L); `phantom` events, of
    changes that were not made; `duplicates` (D): deliveries of an event beyond its first, which is allowed; `repeated`
    effects of one cause (E); final states `out_of_order` (O); what is `stuck` after settling; devices shut out with a
    token still `readable`, or that got in; requests that `failed` although they were tried again.
    `mails_again`: mails sent again with the same Message-ID, good up to `mails_excused`, where SMTP cannot tell.
    `recoveries`: from the end of each fault until everything had settled. `evidence` names the first findings,
    `notes` what a reader of the table has to know.
    """

    acknowledged: int = 0
    lost: int = 0
    phantom: int = 0
    duplicates: int = 0
    repeated: int = 0
    out_of_order: int = 0
    stuck: int = 0
    readable: int = 0
    failed: int = 0
    mails_again: int = 0
    mails_excused: int = 0
    recoveries: list[float] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __add__(self, other: "Figures") -> "Figures":
        names = [one.name for one in fields(self)]
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def find(self, figure: str, *findings: str) -> None:
        """Count findings under one of the figures, and keep them as evidence."""
        setattr(self, figure, getattr(self, figure) + len(findings))
        self.evidence += [f"{figure}: {finding}" for finding in findings]

    @property
    def good(self) -> bool:
        """Whether nothing is there that must not be."""
        return not any(getattr(self, name) for name in FAULTLESS) and self.mails_again <= self.mails_excused


@dataclass(frozen=True)
class Row:
    """A fault as it was measured; `problem` is why it could not be measured to its end."""

    name: str
    group: str
    rounds: int
    seconds: float
    figures: Figures
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether it was measured, on some writes, and nothing was found."""
        return not self.problem and self.figures.good and self.figures.acknowledged > 0

    def cells(self) -> Sequence[str]:
        """The row as the table shows it."""
        one = self.figures
        counts = (one.acknowledged, one.lost, one.phantom, one.duplicates, one.repeated, one.out_of_order, one.stuck)
        mails = f"{one.mails_again} of {one.mails_excused}" if one.mails_excused else str(one.mails_again)
        return (
            *(self.name, str(self.rounds), *(f"{count:,}" for count in counts), str(one.readable), str(one.failed)),
            *(mails, _seconds(one.recoveries), "; ".join(one.notes)),
        )


def _seconds(recoveries: Sequence[float]) -> str:
    if not recoveries:
        return ""
    return f"{median(recoveries):.1f} / {max(recoveries):.1f}"
