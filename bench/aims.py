"""What the hub is to reach, and what it does: the figures that have an aim (delivery.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.results import Results, middle, ratio
from bench.work import TOLD

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
        *_ratios(ratio(hub.rate, floor.rate), ratio(hub.rate, celery.rate), alone),
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


def at_most(results: Results) -> tuple[Aim, ...]:
    """Return what the three ratios would be if reading and planning were all that the hub adds.

    Deliveries: a hub that does nothing but the floor's own work, for which it plans where the floor
    only composes. Intake: one that reads and plans, and writes nothing. Nothing that is done to the
    register, the broker or a carrier brings them above that: a whole answer is planned before it
    is acknowledged.
    """
    cpu, planned = results.floor.cpu, middle(results.planned)
    dearer = _milliseconds(planned, results.composed)
    hub = None if cpu is None or dearer is None else cpu / (cpu + dearer)
    beside = ratio(results.floor.rate, results.celery.rate)
    celery = None if hub is None or beside is None else hub * beside
    return _ratios(hub, celery, ratio(planned, middle(results.bare)))


def _milliseconds(planned: float | None, composed: Sequence[float]) -> float | None:
    """Return by how much planning a delivery costs more CPU time than composing it."""
    rate = middle(composed)
    return None if planned is None or rate is None else 1000 * (1 / planned - 1 / rate) / TOLD


def _ratios(floor: float | None, celery: float | None, intake: float | None) -> tuple[Aim, ...]:
    return (
        _times("deliveries/s: hub / floor", floor, 0.8),
        _times("deliveries/s: hub / Celery", celery, 8),
        _times("events/s: intake alone / consume and acknowledge", intake, 0.5),
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
