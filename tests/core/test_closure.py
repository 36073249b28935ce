"""Who has been told of closure, who has not, and what a LEO may confirm (M101, M102)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.closure import (
    Gap,
    Waiver,
    all_notified,
    closure_notices,
    closure_set,
    gaps,
    one_person_twice,
)
from hub.concern import Commissioner, Party
from hub.concern.known import Said
from hub.decision import History
from hub.events import FirstHearing, Person
from hub.events.assurance import EscalationQsigNotified
from hub.events.closure import FunderSearch
from hub.vocabulary import (
    AgencyId,
    CriminalStatus,
    DecisionId,
    EventId,
    InfoClass,
    NoticeId,
    PoliceAdvice,
    Role,
    Rung,
    Setback,
)
from tests.core.closing import (
    C0_C1,
    COUNCIL,
    CQC,
    ICB,
    MINIMUM,
    NOW,
    PLACING,
    POLICE,
    PROVIDER,
    authorised,
    closed,
    closing,
    concern,
    history,
    hold,
    told,
)
from tests.core.deliveries import notice

ALL = {party: closing() for party in MINIMUM}
FORMER = Party(agency=AgencyId("gss:E10000014"), role=Role.PLACING_AUTHORITY)
QSIG = Party(agency=AgencyId("unit:west-sussex-qsig"), role=Role.QSIG)


def said_of(found: tuple[Gap, ...], party: Party | None) -> str:
    return "; ".join(gap.says for gap in found if gap.party == party)


def test_M102_there_is_no_gap_when_every_party_has_acknowledged() -> None:
    assert gaps(concern(), history(*MINIMUM), ALL, NOW) == ()


def test_M101_the_closure_set_is_ever_told_ever_held_and_the_statutory_minimum() -> None:
    held = told(POLICE, verdict="hold", shared=frozenset(), held=C0_C1)
    past = History(told=(told(FORMER), held))

    assert closure_set(concern(), past) == {*MINIMUM, FORMER, POLICE}


def test_M022_whoever_placed_an_adult_is_in_the_minimum_and_councils_and_boards_alike() -> None:
    board = Party(agency=AgencyId("ods:QXU"), role=Role.PLACING_ICB)
    placing = (*concern().commissioners, Commissioner(party=board, adults=("N-1",)))

    assert {PLACING, board} <= closure_set(concern(commissioners=placing), History())


def test_M022_the_police_are_in_the_minimum_where_a_crime_is_suspected() -> None:
    suspected = concern(criminal=CriminalStatus.SUSPECTED)

    assert POLICE in closure_set(suspected, History())
    assert POLICE not in closure_set(concern(), History())


def test_M041_an_authority_whose_adults_moved_out_stays_on_the_closure_list() -> None:
    moved = replace(concern().commissioners[0], moved_out=True)

    assert PLACING in closure_set(concern(commissioners=(moved,)), History())


def test_M101_nothing_is_confirmed_before_the_chair_has_authorised() -> None:
    found = gaps(concern(closure_authorised=None), history(*MINIMUM), ALL, NOW)

    assert said_of(found, None) == "The Chair has not authorised closure"
    assert not found[0].waivable


def test_M004_an_unknown_funder_stands_in_the_way_and_cannot_be_waived() -> None:
    found = gaps(concern(unknown_funders=2), history(*MINIMUM), ALL, NOW)

    assert said_of(found, None) == "2 places have a funder nobody knows"
    assert not found[0].waivable


def test_M025_a_placement_list_that_nobody_declared_complete_stands_in_the_way() -> None:
    found = gaps(concern(placements_known=False), history(*MINIMUM), ALL, NOW)

    assert "complete" in said_of(found, None)


def test_M004_not_everybody_is_notified_while_nobody_has_declared_the_list_complete() -> None:
    stands = {
        declared: all_notified(concern(register_complete=declared), history(*MINIMUM))
        for declared in (True, False)
    }

    assert {declared: found.everybody for declared, found in stands.items()} == {
        True: True,
        False: False,
    }
    assert "nobody has declared the list complete" in str(stands[False])


@pytest.mark.parametrize("known", [True, False])
def test_M025_a_search_for_funders_is_no_declaration_that_the_list_is_complete(
    *, known: bool
) -> None:
    proposed = concern().closure_proposed
    assert proposed is not None
    search = FunderSearch(
        searched=("the council's invoices",),
        result="none",
        by=Person(name="Jo Reed", role="Manager"),
    )
    searched = proposed.model_copy(update={"funder_search": search})
    ended = concern(closure_proposed=searched, placements_known=known)

    found = gaps(ended, history(*MINIMUM), ALL, NOW)

    assert [gap.waivable for gap in found] == ([] if known else [False])


def escalated() -> Said:
    """QSIG was notified."""
    said = EscalationQsigNotified.model_validate(
        {
            "qsig": QSIG.agency,
            "continuing_risks": "too few staff",
            "overdue_actions": "3 of 9",
            "interim_protection": "our own staff visit",
            "commissioning_position": "no new placements",
            "decision_due": NOW.isoformat(),
            "notified_by": {"name": "Amira Shah", "role": "Lead Enquiry Officer"},
        }
    )
    return Said(event=EventId("e-7"), source="cases", at=NOW, about="", data=said)


@pytest.mark.parametrize("rung", [None, *(r for r in Rung if r is not Rung.ACKNOWLEDGED)])
def test_M098_what_reached_qsig_and_was_not_acknowledged_stands_in_the_way_and_is_never_waived(
    rung: Rung | None,
) -> None:
    reached = None if rung is None else closing(rung, required=rung)

    found = gaps(concern(said=(escalated(),)), history(*MINIMUM), ALL, NOW, escalated=reached)

    assert [(gap.party, gap.waivable) for gap in found] == [(QSIG, False)]


def test_M098_once_qsig_has_acknowledged_what_was_escalated_it_is_no_gap() -> None:
    ended = concern(said=(escalated(),))

    assert gaps(ended, history(*MINIMUM), ALL, NOW, escalated=closing()) == ()


def test_M102_a_party_without_a_closure_notice_is_named() -> None:
    without = {party: closing() for party in MINIMUM if party != CQC}

    found = gaps(concern(), history(*MINIMUM), without, NOW)

    assert found == (Gap(party=CQC, says="no closure notice has been sent to it"),)


@pytest.mark.parametrize("rung", [r for r in Rung if r is not Rung.ACKNOWLEDGED])
def test_M102_every_rung_below_acknowledged_is_a_gap(rung: Rung) -> None:
    found = gaps(concern(), history(*MINIMUM), ALL | {CQC: closing(rung)}, NOW)

    assert [gap.party for gap in found] == [CQC]


def test_M102_a_lower_rung_is_enough_where_the_pack_asks_for_it_alone() -> None:
    taken = ALL | {CQC: closing(Rung.DELIVERED, required=Rung.DELIVERED)}

    assert gaps(concern(), history(*MINIMUM), taken, NOW) == ()


@pytest.mark.parametrize("asked", [Rung.QUEUED, Rung.SUBMITTED])
def test_M102_submitted_is_never_enough_whatever_the_pack_asks(asked: Rung) -> None:
    left_us = ALL | {CQC: closing(Rung.SUBMITTED, required=asked)}

    found = gaps(concern(), history(*MINIMUM), left_us, NOW)

    assert [gap.party for gap in found] == [CQC]


def test_M102_a_gap_says_what_went_wrong_with_the_notice() -> None:
    bounced = ALL | {CQC: closing(Rung.QUEUED, Setback.LATE_FAILURE)}

    found = gaps(concern(), history(*MINIMUM), bounced, NOW)

    assert "late failure" in said_of(found, CQC)


@pytest.mark.parametrize("asked", [Rung.RELAYED, Rung.ACKNOWLEDGED])
def test_M102_a_declined_closure_notice_is_a_gap_whatever_rung_the_pack_asks_for(
    asked: Rung,
) -> None:
    declined = ALL | {CQC: closing(Rung.DELIVERED, Setback.DECLINED, required=asked)}

    found = gaps(concern(), history(*MINIMUM), declined, NOW)

    assert found == (Gap(party=CQC, says="whoever read its closure notice declined it"),)


def test_M102_once_somebody_else_there_acknowledges_a_declined_notice_is_no_gap() -> None:
    answered = ALL | {CQC: closing(Rung.ACKNOWLEDGED, Setback.DECLINED)}

    assert gaps(concern(), history(*MINIMUM), answered, NOW) == ()


def test_M102_a_party_with_nowhere_to_send_to_is_named() -> None:
    nowhere = ALL | {CQC: closing(Rung.QUEUED, deliveries=0)}

    found = gaps(concern(), history(*MINIMUM), nowhere, NOW)

    assert said_of(found, CQC) == "its closure notice had no contact to go to"


def test_M102_a_closure_notice_that_a_hold_stopped_is_no_evidence() -> None:
    stopped = closed(PROVIDER, stopped=True)
    past = History(told=(*history(CQC, COUNCIL, ICB, PLACING).told, told(PROVIDER), stopped))

    found = gaps(concern(), past, ALL | {PROVIDER: closing(Rung.QUEUED)}, NOW)

    assert said_of(found, PROVIDER) == "a hold stopped its closure notice before it was sent"


def test_M102_of_two_closure_notices_the_newest_is_the_one_that_a_hold_stopped_or_did_not() -> None:
    begun = told(CQC), closed(CQC, 8)
    others = history(*(party for party in MINIMUM if party != CQC)).told
    stopped = told(CQC, 9, event_name="holds.changed", stopped=True)
    sent = told(CQC, 10, event_name="holds.changed")

    last_stopped = History(told=(*others, *begun, stopped))
    last_sent = History(told=(*others, *begun, stopped, sent))

    assert "a hold stopped" in said_of(gaps(concern(), last_stopped, ALL, NOW), CQC)
    assert gaps(concern(), last_sent, ALL, NOW) == ()


def test_M102_what_is_still_held_from_a_party_is_named_by_class() -> None:
    held = closed(PROVIDER, held=frozenset({InfoClass.COMMERCIAL}))
    past = History(told=(*history(CQC, COUNCIL, ICB, PLACING).told, told(PROVIDER), held))

    found = gaps(concern(), past, ALL, NOW)

    assert said_of(found, PROVIDER) == "still held from it: commercial"


def test_M102_a_held_closure_notice_is_named_as_held() -> None:
    held = closed(PROVIDER, verdict="hold", shared=frozenset(), held=C0_C1)
    past = History(told=(*history(CQC, COUNCIL, ICB, PLACING).told, told(PROVIDER), held))
    without = {party: closing() for party in MINIMUM if party != PROVIDER}

    found = gaps(concern(), past, without, NOW)

    assert "is held" in said_of(found, PROVIDER)


def first_hearing_of_the_provider() -> History:
    never = told(PROVIDER, verdict="hold", shared=frozenset(), held=C0_C1)
    at_the_end = closed(PROVIDER, verdict="hold", shared=frozenset(), held=C0_C1)
    return History(told=(*history(CQC, COUNCIL, ICB, PLACING).told, never, at_the_end))


def test_M101_nobody_first_hears_at_closure_without_the_chairs_named_decision() -> None:
    without = {party: closing() for party in MINIMUM if party != PROVIDER}

    found = gaps(concern(), first_hearing_of_the_provider(), without, NOW)

    assert said_of(found, PROVIDER).startswith("it would first hear at the end")


def test_M101_an_authorisation_that_lets_another_party_hear_first_does_not_let_this_one() -> None:
    other = authorised(FirstHearing(party=CQC.agency, reason="It asked to be told"))
    without = {party: closing() for party in MINIMUM if party != PROVIDER}

    found = gaps(concern(closure_authorised=other), first_hearing_of_the_provider(), without, NOW)

    assert said_of(found, PROVIDER).startswith("it would first hear at the end")


def test_M101_a_party_the_chair_decided_for_must_then_be_told() -> None:
    decided = authorised(FirstHearing(party=PROVIDER.agency, reason="It has a right to know"))
    without = {party: closing() for party in MINIMUM if party != PROVIDER}

    found = gaps(concern(closure_authorised=decided), first_hearing_of_the_provider(), without, NOW)

    assert "is held" in said_of(found, PROVIDER)


def test_M101_a_party_that_was_only_ever_told_by_stopped_notices_would_first_hear() -> None:
    stopped = told(PROVIDER, stopped=True)
    past = History(told=(*history(CQC, COUNCIL, ICB, PLACING).told, stopped))
    without = {party: closing() for party in MINIMUM if party != PROVIDER}

    found = gaps(concern(), past, without, NOW)

    assert said_of(found, PROVIDER).startswith("it would first hear at the end")


def test_M102_a_waiver_with_a_reason_and_a_name_closes_the_gap_of_its_party_alone() -> None:
    without = {party: closing() for party in MINIMUM if party not in {CQC, ICB}}
    waived = Waiver(party=CQC, reason="Told in a meeting, minute 4", name="Amira Shah")

    found = gaps(concern(), history(*MINIMUM), without, NOW, (waived,))

    assert [gap.party for gap in found] == [ICB]


@pytest.mark.parametrize(
    ("reason", "name", "says"),
    [("  ", "Amira Shah", "no reason"), ("Told in a meeting", " ", "no name")],
)
def test_M102_a_waiver_without_a_reason_or_a_name_is_refused(
    reason: str, name: str, says: str
) -> None:
    without = {party: closing() for party in MINIMUM if party != CQC}
    waived = Waiver(party=CQC, reason=reason, name=name)

    found = gaps(concern(), history(*MINIMUM), without, NOW, (waived,))

    assert says in said_of(found, CQC)
    assert "no closure notice" in said_of(found, CQC)


def test_M102_a_waiver_for_somebody_who_is_owed_nothing_is_refused() -> None:
    stray = Waiver(party=FORMER, reason="Told in a meeting", name="Amira Shah")

    found = gaps(concern(), history(*MINIMUM), ALL, NOW, (stray,))

    assert [gap.party for gap in found] == [FORMER]


def test_M100_a_hold_past_its_review_stands_in_the_way_even_of_a_waiver() -> None:
    late = concern(holds=(hold(PROVIDER, review_due=NOW - timedelta(minutes=1)),))
    waived = Waiver(party=PROVIDER, reason="Told in a meeting", name="Amira Shah")

    found = gaps(late, history(*MINIMUM), ALL, NOW, (waived,))

    assert said_of(found, PROVIDER) == "hold H2 on it is past its review date"
    assert not found[0].waivable


def test_M100_a_hold_that_was_reviewed_in_time_is_no_gap_by_itself() -> None:
    assert gaps(concern(holds=(hold(PROVIDER),)), history(*MINIMUM), ALL, NOW) == ()


@pytest.mark.parametrize(
    ("criminal", "advice", "gap"),
    [
        (CriminalStatus.YES, PoliceAdvice.HOLD, True),
        (CriminalStatus.UNKNOWN, PoliceAdvice.PARTIAL, True),
        (CriminalStatus.CONSULTED_NONE, PoliceAdvice.HOLD, False),
        (CriminalStatus.YES, PoliceAdvice.RELEASE, False),
    ],
)
def test_M100_police_advice_past_its_review_stands_in_the_way_while_it_holds(
    criminal: CriminalStatus, advice: PoliceAdvice, gap: bool
) -> None:
    advised = concern(
        criminal=criminal,
        police_advice=advice,
        police_review_due=NOW - timedelta(hours=1),
    )
    told_all = ALL | {POLICE: closing()}

    found = gaps(advised, history(*MINIMUM, POLICE), told_all, NOW)

    assert ("police advice" in said_of(found, PROVIDER)) is gap


def test_M102_only_the_newest_closure_notice_of_a_party_counts() -> None:
    past = History(told=(told(CQC), closed(CQC, 8), told(CQC, 9, event_name="holds.changed")))
    first = notice(
        id=NoticeId("n-1"), party=CQC, template="closure-notice", decision=past.told[1].decision
    )
    later = replace(
        first,
        id=NoticeId("n-2"),
        decision=past.told[2].decision,
        composed_at=first.composed_at + timedelta(hours=1),
    )

    assert closure_notices(past, [later, first]) == {CQC: later}


def test_M102_a_notice_of_an_authorisation_since_replaced_is_no_evidence() -> None:
    again = closed(CQC, 9, verdict="hold", shared=frozenset(), held=C0_C1)
    past = History(told=(told(CQC), closed(CQC, 8), again))
    earlier = notice(party=CQC, template="closure-notice", decision=past.told[1].decision)

    assert closure_notices(past, [earlier]) == {}


def test_M102_other_notices_are_no_closure_notices() -> None:
    opened = notice(party=CQC, template="concern-opened", decision=DecisionId("d-1"))

    assert closure_notices(History(told=(told(CQC),)), [opened]) == {}


def test_M102_one_person_in_two_of_the_three_acts_is_flagged() -> None:
    assert one_person_twice(concern(), "Amira Shah") == ()
    assert one_person_twice(concern(), " helen  MARSH ") == (
        "the same person authorised and attested closure",
    )
    assert one_person_twice(concern(), "Jo Reed") == (
        "the same person proposed and attested closure",
    )


def test_M102_one_person_in_all_three_acts_is_flagged_three_times() -> None:
    proposed = concern().closure_proposed
    assert proposed is not None
    by_chair = proposed.model_copy(update={"proposed_by": Person(name="Helen Marsh", role="Chair")})

    assert len(one_person_twice(concern(closure_proposed=by_chair), "Helen Marsh")) == 3


def test_before_anything_is_proposed_or_authorised_nobody_did_two_of_the_three_acts() -> None:
    bare = replace(concern(), closure_proposed=None, closure_authorised=None)

    assert one_person_twice(bare, "Helen Marsh") == ()
