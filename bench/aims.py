"""What the hub is to reach, and what it does: the figures that have an aim (delivery.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.results import Results, middle, ratio

BACKLOG: Final = 5_000
FEW: Final = 1_000
WAITING: Final = 100_000
NOT_MEASURED: Final = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One figure with its aim."""

    name: str
    value: float | None
    """None: not measured, or not with as many as the aim is about."""
    aim: float
    at_least: bool = False
    """Whether more is better; else less is."""
    form: str = "{:,.0f}"

    @property
    def met(self) -> bool:
        """Return whether the figure is as good as it is to be."""
        if self.value is None:
            return False
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    @property
    def measured(self) -> str:
        """Return the figure in words."""
        return NOT_MEASURED if self.value is None else self.form.format(self.value)

    @property
    def wanted(self) -> str:
        """Return the aim in words."""
        return f"at {'least' if self.at_least else 'most'} {self.form.format(self.aim)}"

    @property
    def verdict(self) -> str:
        """Return in words whether it is met."""
        if self.value is None:
            return NOT_MEASURED
        return "met" if self.met else "missed"


def aims(results: Results) -> tuple[Aim, ...]:
    """Return every figure that has an aim; those first of which more is better."""
    hub, floor, celery = results.hub, results.floor, results.celery
    alone = ratio(middle(results.intake), middle(results.bare))
    many = results.beside.get(WAITING)
    behind = results.urgent.wait(0.99) if results.backlog >= BACKLOG else None
    return (
        _times("deliveries/s: hub / floor", ratio(hub.rate, floor.rate), 0.8),
        _times("deliveries/s: hub / Celery", ratio(hub.rate, celery.rate), 8),
        _times("events/s: intake alone / consume and acknowledge", alone, 0.5),
        Aim(name="p99 at a quarter of capacity, ms", value=hub.wait(0.99), aim=250),
        Aim(name=f"urgent p99 behind a backlog of {BACKLOG:,}, ms", value=behind, aim=2_000),
        Aim(name=f"RSS with {WAITING:,} waiting, MB", value=many.rss_mb if many else None, aim=200),
        Aim(
            name=f"CPU a delivery: {WAITING:,} waiting / {FEW:,}",
            value=beside_ratio(results),
            aim=1.15,
            form="{:.2f}",
        ),
    )


def beside_ratio(results: Results) -> float | None:
    """Return how many times the CPU a delivery costs beside many that wait what it does beside few.

    The median of each round's own: what slowed one round slowed both. None: not measured.
    """
    few, many = results.beside.get(FEW), results.beside.get(WAITING)
    if few is None or many is None:
        return None
    return middle([here / there for here, there in zip(many.cpu_ms, few.cpu_ms, strict=True)])


def _times(name: str, value: float | None, aim: float) -> Aim:
    return Aim(name=name, value=value, aim=aim, at_least=True, form="{:.2f}")
