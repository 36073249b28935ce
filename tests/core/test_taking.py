"""For how long somebody may take what is owed in hand: never so that it ends in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.escalate.taking import BY_LAW, longest, why_not
from hub.obligation import Climb, Obligation, ObligationKind, Taken
from hub.vocabulary import ConcernId, Lane, RuleId
from tests.builders import obligation_of
from tests.worlds import START

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)


def owed(given: timedelta, kind: ObligationKind = ObligationKind.ANSWER) -> Obligation:
    concern = ConcernId("c-1")
    return obligation_of(concern, kind=kind, opened_at=START, due=START + given)


@pytest.mark.parametrize(
    ("given", "most"),
    [
        (5 * MINUTE, 15 * MINUTE),
        (30 * MINUTE, 30 * MINUTE),
        (4 * HOUR, 4 * HOUR),
        (72 * HOUR, 24 * HOUR),
    ],
)
def test_it_is_taken_for_no_longer_than_its_time_was_nor_than_a_day(
    given: timedelta, most: timedelta
) -> None:
    assert longest(owed(given), Lane.STANDARD, START) == most
    assert longest(owed(given), Lane.STANDARD, START + 100 * HOUR) == most, "overdue as well"


def test_an_immediate_notice_is_in_nobodys_hands_for_an_hour() -> None:
    """However long its party has owed an answer to what it replaced."""
    assert longest(owed(5 * HOUR), Lane.IMMEDIATE, START) == 30 * MINUTE


@pytest.mark.parametrize("kind", sorted(BY_LAW))
def test_no_deadline_of_the_law_passes_in_somebodys_hands(kind: ObligationKind) -> None:
    one = owed(72 * HOUR, kind)

    assert longest(one, None, START + 71 * HOUR) == HOUR
    assert longest(one, None, START + 73 * HOUR) == 24 * HOUR, "it has passed, and is shown"


def test_it_is_in_one_pair_of_hands_at_a_time() -> None:
    one = replace(owed(HOUR), taken=Taken(by="Amara Okafor", until=START + HOUR))

    assert "Amara Okafor" in why_not(one, START)
    assert why_not(one, START + HOUR) == ""


def test_between_one_pair_of_hands_and_the_next_it_is_asked_again() -> None:
    climb = Climb(ladder=RuleId("L1"), anchor=START, next_at=START + HOUR)
    one = replace(owed(HOUR), climb=climb, taken=Taken(by="Amara Okafor", until=START + HOUR))
    asked = replace(one, climb=replace(climb, step=1, next_at=START + 2 * HOUR))

    assert "asked again at this moment" in why_not(one, START + HOUR)
    assert why_not(asked, START + HOUR) == ""
