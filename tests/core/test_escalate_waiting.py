"""What is owed of a delivery that waits untried, and what its taking ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.adapters.memory import SequentialMint
from hub.escalate import Waits, after_outcome, owed_while_waiting, reach_key, replace_key
from hub.notice import Accepted, Delivery
from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import Lane, Role, Rung
from tests.core.deliveries import HOST, NOW, PARTY, delivery, leased, webhook

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def owed(one: Delivery, why: Waits) -> Obligation:
    return owed_while_waiting(one, why, HOST, now=NOW, mint=SequentialMint())


def test_B03_a_closed_webhook_is_owed_another_once_a_concern() -> None:
    asks = owed(webhook(), Waits.CLOSED)

    assert asks.kind is ObligationKind.REPLACE_CONTACT
    assert asks.key == replace_key(webhook().target)
    assert asks.party.agency == HOST


def test_B03_whom_only_a_closed_webhook_reaches_is_to_be_told_by_another_way() -> None:
    asks = owed(webhook(), Waits.ONLY_WAY)

    assert (asks.kind, asks.key) == (ObligationKind.REACH, reach_key(webhook()))
    assert asks.party == PARTY


def test_B03_what_has_waited_past_its_time_is_a_persons_and_due_now() -> None:
    asks = owed(delivery(), Waits.LATE)

    assert (asks.kind, asks.due) == (ObligationKind.PERSON, NOW)
    assert (asks.party.agency, asks.party.role) == (HOST, Role.HOST_AUTHORITY)
    assert asks.key.endswith("/late")


@pytest.mark.parametrize(
    ("one", "after", "ends"),
    [
        (webhook(), timedelta(seconds=1), False),
        (webhook(), 2 * MINUTE, True),
        (delivery(), 2 * MINUTE, False),
        (delivery(), DAY, True),
        (delivery(Lane.IMMEDIATE), 15 * MINUTE, True),
    ],
)
def test_B03_its_first_try_ends_what_was_owed_while_it_waited(
    one: Delivery, after: timedelta, *, ends: bool
) -> None:
    taken = Accepted(at=NOW + after, detail="250", rung=Rung.SUBMITTED)

    came = after_outcome(leased(of=one), taken, now=NOW + after, mint=SequentialMint())

    assert {each.kind for each in came.discharges} == (
        {ObligationKind.REACH, ObligationKind.PERSON} if ends else set()
    )
