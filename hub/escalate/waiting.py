"""What is owed of a delivery that waits untried: no outcome will ever say it (delivery.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from hub.escalate.owed import person_of, reach_instead_of, replace_contact
from hub.notice import Delivery
from hub.obligation import Obligation
from hub.vocabulary import AgencyId, Mint


class Waits(StrEnum):
    """Why somebody must hear that a delivery waits."""

    CLOSED = "its webhook is closed, and nobody is asked for another"
    ONLY_WAY = "its webhook is closed, and its party is told by no other way"
    LATE = "it should have been in a person's hands by now"


def owed_while_waiting(
    delivery: Delivery, why: Waits, host_authority: AgencyId, *, now: datetime, mint: Mint
) -> Obligation:
    """Return what somebody owes of a delivery that waits. It goes on waiting: nothing is lost."""
    match why:
        case Waits.CLOSED:
            return replace_contact(delivery, host_authority, now, mint)
        case Waits.ONLY_WAY:
            return reach_instead_of(delivery, now, mint)
        case Waits.LATE:
            said = "not sent yet; it waits in the queue"
            return replace(
                person_of(delivery, host_authority, "late", said, now=now, mint=mint), due=now
            )
        case _:
            assert_never(why)
