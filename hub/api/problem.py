"""Errors for programs (RFC 9457): what went wrong, and every fault by its JSON pointer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from hub.api.base import Model


class FaultShown(Model):
    """One thing wrong with what was sent (RFC 6901)."""

    pointer: str
    says: str


class GapShown(Model):
    """One thing missing for a confirmation of closure."""

    agency: str | None
    role: str | None
    says: str
    waivable: bool


class Problem(BaseModel):
    """What every error answers."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str
    faults: tuple[FaultShown, ...] = ()
    gaps: tuple[GapShown, ...] = ()
