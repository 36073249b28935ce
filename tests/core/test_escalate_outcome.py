"""What follows from one try: rungs, setbacks, who else must hear, what is left for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.memory import SequentialMint
from hub.concern import Party
from hub.escalate import Next, after_outcome, replace_contact, replace_key, stopped_by
from hub.notice import Accepted, Deferred, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.obligation import ObligationKind
from hub.page import StandingHold
from hub.receipt import fold
from hub.vocabulary import (
    AttemptId,
    DeliveryId,
    HoldKind,
    InfoClass,
    Lane,
    Role,
    Rung,
    Setback,
)
from tests.core.deliveries import HOST, NOW, PARTY, delivery, leased, webhook

WIRE = (("phase", "dot"), ("reply", "250 2.0.0 queued"))
FAILURES = (
    Deferred(at=NOW, detail="451 try later"),
    InDoubt(at=NOW, detail="the line broke after the dot"),
)


def after(one: Leased, outcome: Outcome, *, late: timedelta = timedelta(0)) -> Next:
    return after_outcome(one, outcome, now=NOW + late, mint=SequentialMint())


def kinds(following: Next) -> set[ObligationKind]:
    return {owed.kind for owed in following.obligations}


def refused(because: RefusedBecause) -> Refused:
    return Refused(at=NOW, detail="550 5.1.1 no such mailbox", because=because, evidence=WIRE)


@pytest.mark.parametrize("rung", [Rung.SUBMITTED, Rung.RELAYED, Rung.DELIVERED])
def test_B04_what_was_taken_is_finished_and_claims_the_rung_its_answer_supports(rung: Rung) -> None:
    following = after(leased(), Accepted(at=NOW, detail="250", evidence=WIRE, rung=rung))

    assert following.again_at is None
    (receipt,) = following.receipts
    assert (receipt.rung, receipt.setback, receipt.evidence) == (rung, None, WIRE)
    assert fold(following.receipts).rung is rung
    assert following.obligations == ()
    assert following.discharges == ()


def test_B04_what_may_have_gone_out_twice_is_flagged_where_it_is_taken() -> None:
    taken = Accepted(at=NOW, detail="250", evidence=WIRE, rung=Rung.SUBMITTED)

    once = after(leased(), taken)
    perhaps_twice = after(leased(maybe_sent=True, attempts=1, first_tried_at=NOW), taken)

    assert "possible duplicate" not in dict(once.receipts[0].evidence)
    assert "possible duplicate" in dict(perhaps_twice.receipts[0].evidence)
    assert b'"maybe_twice":true' in perhaps_twice.leaves[0].data


def test_what_the_other_side_has_once_from_an_earlier_try_is_no_duplicate() -> None:
    there = Accepted(at=NOW, detail="there already", rung=Rung.SUBMITTED, found=True)

    following = after(leased(maybe_sent=True, attempts=1, first_tried_at=NOW), there)

    (receipt,) = following.receipts
    assert receipt.rung is Rung.SUBMITTED
    assert "possible duplicate" not in dict(receipt.evidence)
    assert b'"maybe_twice":false' in following.leaves[0].data


def test_B03_a_success_after_trouble_discharges_what_the_trouble_opened() -> None:
    trouble = after(leased(Lane.IMMEDIATE, attempts=2, first_tried_at=NOW), FAILURES[0])
    taken = after(
        leased(Lane.IMMEDIATE, attempts=3, first_tried_at=NOW),
        Accepted(at=NOW, detail="250", rung=Rung.SUBMITTED),
    )

    (reach,) = trouble.obligations
    assert any(d.kind is reach.kind and reach.key.startswith(d.key) for d in taken.discharges)


@pytest.mark.parametrize("outcome", FAILURES)
def test_B03_a_try_that_failed_counts_and_comes_again(outcome: Outcome) -> None:
    following = after(leased(), outcome)

    assert following.costs_attempt
    assert following.again_at == NOW + timedelta(seconds=5.5)
    assert following.obligations == ()


def test_B04_a_line_that_breaks_after_the_dot_is_in_doubt_and_claims_nothing() -> None:
    following = after(leased(), FAILURES[1])

    assert [receipt.setback for receipt in following.receipts] == [Setback.IN_DOUBT]
    assert fold(following.receipts).rung is Rung.QUEUED


def test_B03_our_own_fault_costs_no_attempt_and_tells_nobody_else() -> None:
    ours = Deferred(at=NOW, detail="the relay cannot be reached", ours=True)
    busy = leased(Lane.IMMEDIATE, attempts=7, first_tried_at=NOW)

    following = after(busy, ours)

    assert not following.costs_attempt
    assert following.again_at is not None
    assert following.again_at > NOW
    assert ObligationKind.REACH not in kinds(following)


@pytest.mark.parametrize("fault", ["ours", "configuration"])
def test_B03_what_asks_for_a_day_is_given_it_whosever_fault_it_is(fault: str) -> None:
    day = NOW + timedelta(days=1)
    asked = Deferred(
        at=NOW,
        detail="503, Retry-After: 86400",
        not_before=day,
        ours=fault == "ours",
        configuration=fault == "configuration",
    )

    again = after(leased(), asked).again_at

    assert again is not None
    assert again >= day


def test_B03_a_webhook_that_we_cannot_dial_for_five_minutes_leads_to_a_mailbox() -> None:
    ours = Deferred(at=NOW, detail="its name cannot be looked up", ours=True)
    one = leased(first_tried_at=NOW, of=webhook(Lane.IMMEDIATE))

    assert kinds(after(one, ours, late=timedelta(minutes=1))) == set()
    assert kinds(after(one, ours, late=timedelta(minutes=5))) == {ObligationKind.REACH}


def test_B03_our_own_fault_in_the_urgent_lane_is_in_a_persons_hands_after_a_quarter_hour() -> None:
    ours = Deferred(at=NOW, detail="the relay cannot be reached", ours=True)
    one = leased(Lane.IMMEDIATE, first_tried_at=NOW)

    assert kinds(after(one, ours, late=timedelta(minutes=5))) == set()
    assert kinds(after(one, ours, late=timedelta(minutes=15))) == {ObligationKind.PERSON}


@pytest.mark.parametrize("outcome", FAILURES)
def test_M014_three_failures_of_an_urgent_notice_tell_the_next_contact(outcome: Outcome) -> None:
    before = [
        kinds(after(leased(Lane.IMMEDIATE, attempts=made, first_tried_at=NOW), outcome))
        for made in (0, 1)
    ]
    third = after(leased(Lane.IMMEDIATE, attempts=2, first_tried_at=NOW), outcome)

    assert before == [set(), set()]
    assert kinds(third) == {ObligationKind.REACH}
    assert third.again_at is not None, "the first contact is still tried"
    (reach,) = third.obligations
    assert (reach.party, reach.delivery) == (PARTY, "d-1")


def test_M014_five_minutes_without_it_tell_the_next_contact_however_few_the_tries() -> None:
    slow = Deferred(at=NOW, detail="503", not_before=NOW + timedelta(minutes=6))

    following = after(leased(Lane.IMMEDIATE, first_tried_at=NOW), slow)

    assert kinds(following) == {ObligationKind.REACH}


def test_M014_a_quarter_of_an_hour_without_it_is_in_a_persons_hands_and_the_tries_go_on() -> None:
    one = leased(Lane.IMMEDIATE, attempts=7, first_tried_at=NOW)

    following = after(one, FAILURES[0], late=timedelta(minutes=12))

    person = next(o for o in following.obligations if o.kind is ObligationKind.PERSON)
    assert person.due == NOW + timedelta(minutes=15)
    assert person.party == Party(agency=HOST, role=Role.HOST_AUTHORITY)
    assert following.again_at is not None


def test_M014_the_standard_lane_tells_the_next_after_two_hours_a_person_after_a_day() -> None:
    def at(hours: float, attempts: int) -> set[ObligationKind]:
        one = leased(attempts=attempts, first_tried_at=NOW)
        return kinds(after(one, FAILURES[0], late=timedelta(hours=hours)))

    assert at(0.1, 1) == set()
    assert at(0.5, 3) == {ObligationKind.REACH}
    assert at(20, 8) == {ObligationKind.REACH, ObligationKind.PERSON}
    assert at(2400, 100) == {ObligationKind.REACH, ObligationKind.PERSON}


@pytest.mark.parametrize(
    ("because", "owed", "finished"),
    [
        (RefusedBecause.ADDRESS, {ObligationKind.REACH, ObligationKind.REPLACE_CONTACT}, True),
        (RefusedBecause.POLICY, {ObligationKind.PERSON}, True),
        (RefusedBecause.UNKNOWN, {ObligationKind.PERSON}, True),
        (RefusedBecause.CONFIGURATION, {ObligationKind.PERSON}, False),
        (RefusedBecause.EGRESS, {ObligationKind.REACH, ObligationKind.PERSON}, False),
        (
            RefusedBecause.GONE,
            {ObligationKind.REACH, ObligationKind.PERSON, ObligationKind.REPLACE_CONTACT},
            False,
        ),
    ],
)
def test_B03_every_refusal_moves_somebody_at_once(
    because: RefusedBecause, owed: set[ObligationKind], finished: bool
) -> None:
    following = after(leased(), refused(because))

    assert kinds(following) == owed
    assert (following.again_at is None) is finished
    assert [receipt.setback for receipt in following.receipts] == [Setback.REFUSED]
    assert following.receipts[0].evidence == WIRE
    assert following.costs_attempt is finished


def test_B03_the_row_of_a_retired_endpoint_waits_in_the_queue() -> None:
    following = after(leased(of=webhook()), refused(RefusedBecause.GONE))

    assert following.again_at is not None
    assert not following.costs_attempt


def test_B03_what_is_set_up_wrongly_is_tried_slowly_and_a_person_looks_now() -> None:
    wrong = Deferred(at=NOW, detail="403", configuration=True)

    following = after(leased(), wrong)

    assert kinds(following) == {ObligationKind.PERSON}
    assert following.again_at is not None
    assert following.again_at >= NOW + timedelta(hours=1)


def test_B03_without_a_host_authority_the_obligation_is_the_partys_own() -> None:
    following = after(replace(leased(), host_authority=None), refused(RefusedBecause.POLICY))

    assert following.obligations[0].party == PARTY


def test_H1_a_hold_at_the_moment_of_sending_takes_it_out_of_the_queue_and_says_which() -> None:
    hold = StandingHold(
        party=PARTY, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="officer 4411, log 88"
    )

    following = stopped_by(leased(), hold, NOW)

    assert following.again_at is None
    assert not following.costs_attempt
    (receipt,) = following.receipts
    assert (receipt.rung, receipt.setback) == (None, None)
    assert "H1" in receipt.detail
    assert "4411" not in receipt.detail
    assert b'"hold":"H1"' in following.leaves[0].data


@pytest.mark.parametrize(
    "outcome", [*FAILURES, *(refused(b) for b in RefusedBecause)], ids=lambda o: type(o).__name__
)
def test_B03_whatever_fails_is_tried_again_or_somebody_owes_something(outcome: Outcome) -> None:
    following = after(leased(), outcome)

    assert following.again_at is not None or following.obligations
    for owed in following.obligations:
        of_the_contact = owed.kind is ObligationKind.REPLACE_CONTACT
        assert owed.key.startswith("contact:" if of_the_contact else "notice:n-1/d-1/")
        assert "@" not in owed.says


@pytest.mark.parametrize("because", [RefusedBecause.ADDRESS, RefusedBecause.GONE])
def test_B05_a_dead_contact_is_owed_another_by_the_host_once_whatever_fails_there(
    because: RefusedBecause,
) -> None:
    first = after(leased(), refused(because))
    other = after(leased(of=replace(delivery(), id=DeliveryId("d-9"))), refused(because))

    (owed,) = [o for o in first.obligations if o.kind is ObligationKind.REPLACE_CONTACT]
    (again,) = [o for o in other.obligations if o.kind is ObligationKind.REPLACE_CONTACT]
    assert owed.party == Party(agency=HOST, role=Role.HOST_AUTHORITY)
    assert owed.key == again.key == replace_key("surrey-duty")
    assert owed.due == NOW + timedelta(days=1)
    assert (owed.notice, owed.delivery) == (None, None)


def test_B05_without_a_host_authority_the_party_owes_another_contact_itself() -> None:
    owed = replace_contact(delivery(), None, NOW, SequentialMint())

    assert owed.party == PARTY


def test_B04_N029_every_outcome_has_one_receipt_and_one_leaf_with_ids_alone() -> None:
    outcomes = (
        Accepted(at=NOW, detail="secret words", rung=Rung.SUBMITTED),
        *FAILURES,
        refused(RefusedBecause.ADDRESS),
    )

    for outcome in outcomes:
        following = after(leased(), outcome)
        assert [r.attempt for r in following.receipts] == [AttemptId("a-1")]
        (leaf,) = following.leaves
        assert b"secret" not in leaf.data
        assert b'"delivery":"d-1"' in leaf.data
