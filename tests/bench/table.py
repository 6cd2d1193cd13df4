"""The one table that a bench prints."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of ours and the one that it is compared with, where there is one."""

    what: str
    ours: float
    other: float | None = None
    digits: int = 0

    def cells(self) -> tuple[str, str, str, str]:
        """As text; the ratio is ours over the other."""
        other = "" if self.other is None else f"{self.other:,.{self.digits}f}"
        ratio = f"{self.ours / self.other:.2f}" if self.other else ""
        return self.what, f"{self.ours:,.{self.digits}f}", other, ratio


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that are compared with the same thing."""

    title: str
    ours: str
    other: str
    rows: Sequence[Row] = field(default_factory=list)


def render(sections: Sequence[Section]) -> str:
    """All sections, their columns under each other."""
    lines: list[tuple[str, str, str, str]] = []
    for section in sections:
        lines += [("", "", "", ""), (section.title, section.ours, section.other, "ratio" if section.other else "")]
        lines += [(f"  {row.cells()[0]}", *row.cells()[1:]) for row in section.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  " + "  ".join(f"{line[n]:>{widths[n]}}" for n in (1, 2, 3)) for line in lines
    )
