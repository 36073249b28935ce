"""What a newer revision replaces is on record: unsent and cancelled with its reason, never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.notice import Notice
from hub.obligation import ObligationKind, ObligationState
from hub.page import Discharge, Page, Revised, Stop, Superseded
from hub.vocabulary import Lane, NoticeId
from tests.adapters.by_hand import look
from tests.adapters.test_register_climbing import FOOT
from tests.adapters.test_register_facts import after, opens, write
from tests.adapters.test_register_facts import told as told_of
from tests.builders import (
    LONG_AGO,
    PLACING,
    delivery_of,
    lead_agency_set,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    told,
)

WHY = "superseded by revision 2 of the same notice"


def first_page() -> Page:
    """A notice that may be said anew, and the answer that it asks for."""
    event = opened()
    decision = told(event)
    notice = notice_of(decision, subject="risk")
    owed = obligation_of(event.concern, key=f"notice:{notice.id}", notice=notice.id)
    return page_of(
        event,
        delivery_of(notice),
        decisions=(decision,),
        notices=(notice,),
        obligations=(owed,),
    )


async def written(register: SqlRegister, page: Page) -> Notice:
    async with register.entry() as entry:
        await entry.write(page)
    return page.notices[-1]


def newer(page: Page, number: int = 2) -> Page:
    """The page that says it anew, and puts the older one away."""
    old, event = page.notices[-1], lead_agency_set(page.id)
    decision = told(event)
    notice = notice_of(decision, subject="risk", revision=number)
    return replace(
        page,
        version=page.version + 1,
        applied=(),
        decisions=(decision,),
        notices=(notice,),
        deliveries=(delivery_of(notice),),
        obligations=(),
        superseded=(Superseded(notice=old.id, by=notice.id),),
        stops=tuple(Stop(delivery=d.id, reason=WHY) for d in page.deliveries),
        discharges=(Discharge(kind=ObligationKind.ANSWER, key=f"notice:{old.id}", why=WHY),),
    )


async def revisions(register: SqlRegister, page: Page) -> tuple[Revised, ...]:
    async with register.entry() as entry:
        return (await entry.standing([page.id]))[page.id].revisions


async def test_escalation_4_only_the_newest_may_be_replaced_and_says_since_when_it_is_owed(
    register: SqlRegister,
) -> None:
    first = first_page()
    old = await written(register, first)
    before = await revisions(register, first)

    new = await written(register, newer(first))

    (was,) = before
    assert (was.notice, was.revision, was.party, was.subject) == (old.id, 1, PLACING, "risk")
    assert (was.asks, was.asked_since, was.classes) == (True, LONG_AGO, old.classes)
    (now,) = await revisions(register, first)
    assert (now.notice, now.revision, now.asked_since) == (new.id, 2, None)


async def test_escalation_4_a_newer_revision_begins_no_clock_of_an_answer_that_has_come(
    register: SqlRegister,
) -> None:
    first = first_page()
    notice = await written(register, first)
    async with register.entry() as entry:
        met = Discharge(kind=ObligationKind.ANSWER, key=f"notice:{notice.id}", whole=True)
        await entry.discharge(first.id, [met])

    (said,) = await revisions(register, first)

    assert said.asked_since is None


async def test_escalation_6_a_superseded_obligation_is_cancelled_with_its_reason(
    register: SqlRegister,
) -> None:
    first = first_page()
    await written(register, first)

    await written(register, newer(first))

    record = await register.concern(first.id)
    assert record is not None
    assert record.obligations == ()
    rows = await look(register, "SELECT why FROM obligation WHERE discharged IS NOT NULL")
    assert rows == [(WHY,)]


async def test_escalation_6_one_that_climbs_is_cancelled_and_climbs_no_more(
    register: SqlRegister,
) -> None:
    first = first_page()
    owed = replace(first.obligations[0], climb=FOOT)
    await written(register, replace(first, obligations=(owed,)))

    await written(register, newer(first))

    assert await register.climbing(10) == ()
    rows = await look(register, "SELECT state, why FROM obligation")
    assert rows == [(ObligationState.CANCELLED.value, WHY)]


async def test_escalation_6_what_is_superseded_unsent_has_been_told_by_the_newer_one(
    register: SqlRegister,
) -> None:
    first = first_page()
    await written(register, first)
    second = newer(first)

    await written(register, second)

    record = await register.concern(first.id)
    assert record is not None
    assert [told.stopped for told in record.standing.history.told] == [False, False]
    assert await _leased(register) == {d.id for d in second.deliveries}


async def test_escalation_6_where_the_newer_one_is_stopped_as_well_nobody_has_heard(
    register: SqlRegister,
) -> None:
    first = first_page()
    await written(register, first)
    second = newer(first)
    held = tuple(Stop(delivery=d.id, reason="held") for d in second.deliveries)

    await written(register, replace(second, stops=(*second.stops, *held)))

    record = await register.concern(first.id)
    assert record is not None
    assert [told.stopped for told in record.standing.history.told] == [True, True]
    assert await _leased(register) == set()
    assert (await register.depths()).unaccounted == 0


async def test_escalation_4_a_record_names_the_newest_in_its_place_and_all_that_it_replaces(
    register: SqlRegister,
) -> None:
    first = first_page()
    one = await written(register, first)
    second = newer(first)
    two = await written(register, second)
    three = await written(register, newer(second, 3))

    record = await register.concern(first.id)
    alone = await register.notice(NoticeId(two.id))

    assert record is not None
    assert [n.newer for n in record.notices] == [(three.id, 3), (three.id, 3), None]
    assert [set(n.replaced) for n in record.notices] == [set(), set(), {one.id, two.id}]
    assert [n.notice.revision for n in record.notices] == [1, 2, 3]
    assert alone is not None
    assert (alone.newer, alone.notice.subject) == ((three.id, 3), "risk")


async def test_escalation_6_what_was_sent_of_an_older_revision_stays_as_evidence(
    register: SqlRegister,
) -> None:
    first = first_page()
    old = await written(register, first)
    await register.receive((receipt_of(first.deliveries[0]),), (), ())

    await written(register, newer(first))

    record = await register.notice(old.id)
    assert record is not None
    assert len(record.receipts) == 1


async def _leased(register: SqlRegister) -> set[str]:
    found: set[str] = set()
    for lane in Lane:
        leased = await register.lease(lane, limit=10, lease_for=timedelta(minutes=1), worker="w")
        found |= {one.delivery.id for one in leased}
    return found


async def test_escalation_4_how_many_people_must_answer_is_kept_with_what_is_owed(
    register: SqlRegister,
) -> None:
    first = first_page()
    owed = replace(first.obligations[0], people=3, climb=FOOT)
    notice = await written(register, replace(first, obligations=(owed,)))

    asked = await register.notice(notice.id)
    (climbing,) = await register.climbing(10)
    async with register.entry() as entry:
        met = Discharge(kind=ObligationKind.ANSWER, key=f"notice:{notice.id}")
        await entry.discharge(first.id, [met])
    met_now = await register.notice(notice.id)

    assert asked is not None
    assert met_now is not None
    assert (asked.people, climbing.people, met_now.people) == (3, 3, 1)


async def test_escalation_6_the_host_authority_is_told_that_it_was_cancelled_and_not_met(
    register: SqlRegister,
) -> None:
    page = await opens(register)
    notice = page.notices[0]
    met, gone = (
        obligation_of(page.id, key=f"notice:{notice.id}/{name}") for name in ("met", "gone")
    )
    discharges = tuple(
        Discharge(kind=ObligationKind.ANSWER, key=one.key, why=why)
        for one, why in ((met, ""), (gone, WHY))
    )
    await write(register, after(page, obligations=(met, gone)))

    await write(register, replace(after(page, discharges=discharges), version=page.version + 2))

    told_now = await told_of(register)
    queued = [said["revision"] for name, said in told_now if name == "notice.queued"]
    ended = {
        said["obligation"]: said["cancelled"]
        for name, said in told_now
        if name == "obligation.discharged"
    }
    assert queued == [1]
    assert ended == {met.id: False, gone.id: True}
