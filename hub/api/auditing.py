"""What an auditor is shown: pseudonyms, the hub's own words, and nothing to act upon."""

from __future__ import annotations

from hub.api.base import Instant, Model


class AuditedSummary(Model):
    """One concern of an auditor's list."""

    name: str
    """Its pseudonym, by which it is read."""
    provider: str
    officer: str
    stage: str
    opened: Instant


class AuditedList(Model):
    """The concerns of the auditor's authority, the newest first."""

    concerns: tuple[AuditedSummary, ...]
    of: int
    """How many there are in all."""


class AuditedAct(Model):
    """One thing that was done, or that is owed."""

    at: Instant
    what: str
    whom: str
    says: str
    rule: str


class AuditedHeld(Model):
    """From whom something is held now, and what it waits for."""

    whom: str
    why: str
    classes: int


class AuditedShown(AuditedSummary):
    """One concern under pseudonyms: what was done in it, a page at a time."""

    chair: str
    done: tuple[AuditedAct, ...]
    """The newest first."""
    of: int
    """How many acts there are in all."""
    owed: tuple[AuditedAct, ...]
    held: tuple[AuditedHeld, ...]
