"""Which policy is in force, and what people must be told of it: for screens, health and metrics."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from hub.calendar import is_past


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInForce:
    """The pack that decides for one partnership now."""

    partnership: str
    version: str
    hash: str
    review_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every pack in force, and why a newer policy was refused, where one was."""

    packs: tuple[PackInForce, ...] = ()
    refused: tuple[str, ...] = ()
    """Every fault, with its file and line; empty where nothing newer was refused."""
    refused_at: datetime | None = None

    def overdue(self, now: datetime) -> tuple[PackInForce, ...]:
        """Return the packs whose day of review is past (N047)."""
        return tuple(pack for pack in self.packs if is_past(pack.review_by, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Banners:
    """What stands on top of pages: for every reader, and for those who are signed in."""

    everybody: tuple[str, ...] = ()
    signed_in: tuple[str, ...] = ()


NO_BANNERS: Final = Banners()
BANNERS: Final[ContextVar[Banners]] = ContextVar("banners")
"""The banners of the request that is being answered; set before any handler runs."""


def banners(policy: Policy, now: datetime) -> Banners:
    """Return what people must be told of the policy now. The faults themselves are for operators.

    A reader of a notice is told what the notice says: that the review is overdue.
    """
    overdue = tuple(
        f"The policy of {pack.partnership}, version {pack.version}, was due for review by "
        f"{pack.review_by.day} {pack.review_by:%B %Y}. It stays in force until it is replaced."
        for pack in policy.overdue(now)
    )
    if not policy.refused:
        return Banners(everybody=overdue)
    stays = " and ".join(f"version {pack.version} of {pack.partnership}" for pack in policy.packs)
    verb = "stays" if len(policy.packs) == 1 else "stay"
    refused = f"A newer policy pack was refused; {stays} {verb} in force. Tell who runs the hub."
    return Banners(everybody=overdue, signed_in=(refused,))


def as_said(policy: Policy, now: datetime) -> dict[str, object]:
    """Return the policy as `/readyz` says it, every fault included."""
    return {
        "in_force": [
            {
                "partnership": pack.partnership,
                "version": pack.version,
                "hash": pack.hash,
                "review_by": pack.review_by.isoformat(),
                "review_overdue": is_past(pack.review_by, now),
            }
            for pack in policy.packs
        ],
        "newer_refused": bool(policy.refused),
        "refused_at": policy.refused_at.isoformat() if policy.refused_at else None,
        "faults": list(policy.refused),
    }
