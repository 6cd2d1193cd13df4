"""Metrics in Prometheus' text format, of numbers that the parts keep themselves."""

from collections.abc import Iterable, Mapping

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float]]


class Histogram:
    """How long something took, in seconds."""

    def __init__(self) -> None:
        self.counts = [0] * len(BUCKETS)
        self.count = 0
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.sum += seconds
        for number, bound in enumerate(BUCKETS):
            self.counts[number] += seconds <= bound


class Page:
    """The text, a family after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def counter(self, name: str, help: str, samples: Samples) -> None:
        """A number that only grows."""
        self._family(f"{name}_total", help, "counter", samples)

    def gauge(self, name: str, help: str, samples: Samples) -> None:
        """A number as of now."""
        self._family(name, help, "gauge", samples)

    def histogram(self, name: str, help: str, samples: Iterable[tuple[Labels, Histogram]]) -> None:
        """Durations."""
        self._head(name, help, "histogram")
        for labels, histogram in samples:
            for bound, count in zip((*BUCKETS, "+Inf"), (*histogram.counts, histogram.count), strict=True):
                self._sample(f"{name}_bucket", {**labels, "le": str(bound)}, count)
            self._sample(f"{name}_sum", labels, histogram.sum)
            self._sample(f"{name}_count", labels, histogram.count)

    def render(self) -> bytes:
        """What Prometheus reads."""
        return "".join(f"{line}\n" for line in self._lines).encode()

    def _family(self, name: str, help: str, kind: str, samples: Samples) -> None:
        self._head(name, help, kind)
        for labels, value in samples:
            self._sample(name, labels, value)

    def _head(self, name: str, help: str, kind: str) -> None:
        self._lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]

    def _sample(self, name: str, labels: Labels, value: float) -> None:
        written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        shown = value if value % 1 else int(value)
        self._lines.append(f"{name}{{{written}}} {shown}" if written else f"{name} {shown}")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
