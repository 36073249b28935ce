"""One figure: what was measured, over how many, against which target, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Verdict(StrEnum):
    """What may be said of a figure. Where nothing was measured, nothing was met."""

    MET = "met"
    NOT_MET = "not met"
    NO_TARGET = "no target"
    NOTHING = "nothing to measure"


class Unit(StrEnum):
    """What a value counts."""

    SHARE = "share"  # 0 to 1
    COUNT = "count"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a figure is, whatever its value: agreed before anything is measured."""

    key: str
    """For programs; lower-case words and hyphens."""
    name: str
    unit: Unit
    counted: str
    """What `of` counts, such as `findings meetings in this time`."""
    rests_on: str
    """Which evidence, and what is left out."""
    paragraph: str
    target: float | None = None
    """At least, for a share; at most, for a count or hours. None: nobody has agreed one."""
    provenance: Literal["statutory", "published", "published-local", "project-default"] | None = (
        None
    )
    """Where the target comes from; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure with its value."""

    meaning: Meaning
    value: float | None
    """None: there was nothing to measure. It is never said as 0 or as all."""
    of: int
    """Over how many it was measured."""

    @property
    def verdict(self) -> Verdict:
        """Return whether the target is met; a figure over nothing meets none."""
        target = self.meaning.target
        if self.value is None:
            return Verdict.NOTHING
        if target is None:
            return Verdict.NO_TARGET
        share = self.meaning.unit is Unit.SHARE
        met = self.value >= target if share else self.value <= target
        return Verdict.MET if met else Verdict.NOT_MET


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every figure of one time, in a fixed order."""

    since: datetime
    until: datetime
    at: datetime
    """When it was worked out: what stands open stands so at this moment."""
    figures: tuple[Figure, ...]
