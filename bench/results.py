"""What was measured: kept as it came, a list a round; medians are taken once, at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.sinks import Came
from bench.work import Sent, percentile


@dataclass(slots=True)
class Found:
    """What was measured of one side; nothing where it was not asked for."""

    rates: list[float] = field(default_factory=list)
    """Deliveries a second, by round."""
    cpu_ms: list[float] = field(default_factory=list)
    """CPU time of its processes a delivery, by round."""
    waits_ms: list[float] = field(default_factory=list)
    """From publish to first byte."""
    rss_mb: float = 0.0
    """The most memory it had, in MB (a million bytes)."""
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    """Deliveries that came again with the same id."""
    doubled_ids: int = 0
    """Deliveries that came again with another id. There must be none."""

    @property
    def rate(self) -> float | None:
        """Return the median of the rounds."""
        return middle(self.rates)

    @property
    def cpu(self) -> float | None:
        """Return the median of the rounds."""
        return middle(self.cpu_ms)

    def wait(self, share: float) -> float | None:
        """Return the wait below which this share of all waits lies, in milliseconds."""
        return percentile(self.waits_ms, share) if self.waits_ms else None

    def account(self, sent: Sequence[Sent], came: Sequence[Came]) -> None:
        """Count what was lost and what came twice."""
        ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for reference, reader, delivery, _ in came:
            ids[reference, reader].append(delivery)
        published = {one.reference for one in sent}
        mine = [found for (reference, _), found in ids.items() if reference in published]
        due = sum(one.told for one in sent)
        self.sent += due
        self.lost += due - len(mine)
        self.doubled += sum(len(found) - len(set(found)) for found in mine)
        self.doubled_ids += sum(len(set(found)) - 1 for found in mine)


@dataclass(slots=True)
class Results:
    """Everything that was measured. What was not asked for is empty."""

    hub: Found = field(default_factory=Found)
    floor: Found = field(default_factory=Found)
    celery: Found = field(default_factory=Found)
    intake: list[float] = field(default_factory=list)
    """Events a second, committed and acknowledged, by round."""
    rows: list[float] = field(default_factory=list)
    """Messages a second, consumed, the rows of a page planned beforehand written, acknowledged."""
    row: list[float] = field(default_factory=list)
    """Messages a second, consumed, kept as one row each, and acknowledged."""
    bare: list[float] = field(default_factory=list)
    """Messages a second, consumed and acknowledged alone."""
    queue: list[float] = field(default_factory=list)
    """Rows a second, leased and completed with nothing sent."""
    explain: list[float] = field(default_factory=list)
    """Events a second of CPU time, explained by the pure part."""
    planned: list[float] = field(default_factory=list)
    """Events a second of CPU time, read and planned, nothing written."""
    composed: list[float] = field(default_factory=list)
    """Events a second of CPU time, read and composed for parties that are fixed: the floor's."""
    urgent: Found = field(default_factory=Found)
    """The hub, of what is urgent while a backlog of other notices waits."""
    backlog: int = 0
    """How many notices waited then."""
    beside: dict[int, Found] = field(default_factory=dict)
    """The hub, by how many others were waiting."""

    def of_the_hub(self) -> tuple[Found, ...]:
        """Return all that was found of the hub: of these deliveries none may be lost."""
        return (self.hub, self.urgent, *self.beside.values())


def middle(values: Sequence[float]) -> float | None:
    """Return the median; None where nothing was measured."""
    return median(values) if values else None


def ratio(mine: float | None, theirs: float | None) -> float | None:
    """Return how many times theirs mine is; None where one of them was not measured."""
    return mine / theirs if mine is not None and theirs else None
