"""The register's contract: what the figures are worked out from, without words or names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.register import reckoned
from hub.adapters.register.sql import SqlRegister
from hub.closure import Attestation
from hub.concern import Concern
from hub.decision import OccasionKind
from hub.events import ClosureAuthorised, Person
from hub.events.envelope import Event
from hub.figures import Course, Recorded, Telling
from hub.leaf import leaf
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge, Page, Stop
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import AckStrength, AgencyId, Ending, Rung, Setback
from tests.builders import (
    LONG_AGO,
    PLACING,
    concern_of,
    delivery_of,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    told,
)

SOON = LONG_AGO + timedelta(days=1)


async def write(register: SqlRegister, page: Page, *events: Event) -> None:
    async with register.entry() as entry:
        await entry.take(events)
        await entry.write(page)


async def opening(register: SqlRegister, **changes: object) -> Page:
    """Write a concern with one notice and its delivery; the notice has these changes."""
    event = opened()
    decision = told(event)
    notice = notice_of(decision, **changes)
    page = page_of(event, delivery_of(notice), decisions=(decision,), notices=(notice,))
    await write(register, page, event)
    return page


async def read(register: SqlRegister) -> tuple[list[Telling], list[Obligation], list[Course]]:
    """Return what there is of one day."""
    found: list[Recorded] = [each async for each in register.recorded(LONG_AGO, SOON)]
    return (
        [each for each in found if isinstance(each, Telling)],
        [each for each in found if isinstance(each, Obligation)],
        [each for each in found if isinstance(each, Course)],
    )


async def test_N048_a_notice_comes_with_its_evidence_and_without_words_or_names(
    register: SqlRegister,
) -> None:
    page = await opening(register)
    notice, delivery = page.notices[0], page.deliveries[0]
    taken = receipt_of(delivery, rung=Rung.RELAYED, evidence=(("reply", "250 to duty@x.example"),))
    failed = receipt_of(delivery, rung=None, setback=Setback.LATE_FAILURE, fenced=True)
    act = Acknowledgement(
        name="Jo Bell", role="Manager", organisation="Surrey", strength=AckStrength.RECORDED
    )
    by = replace(taken, delivery=None, rung=Rung.ACKNOWLEDGED, acknowledgement=act, evidence=())
    await register.receive([taken, failed, by], (), ())

    tellings, _, _ = await read(register)

    (found,) = tellings
    assert found.notice == replace(notice, text="", html="", facts=(), ack_code="")
    assert (found.deliveries, found.stopped, found.late) == (1, 0, False)
    assert found.entered >= LONG_AGO
    bare: list[Receipt] = [replace(r, detail="", evidence=()) for r in (taken, failed)]
    assert [r for r in found.receipts if r.acknowledgement is None] == bare
    (answered,) = (r.acknowledgement for r in found.receipts if r.acknowledgement is not None)
    assert answered.strength is AckStrength.RECORDED
    said = repr(found)
    assert "Jo Bell" not in said
    assert "duty@" not in said
    assert page.notices[0].ack_code not in said


async def test_N048_only_notices_written_in_the_time_are_yielded(register: SqlRegister) -> None:
    inside = await opening(register)
    await opening(register, composed_at=LONG_AGO - timedelta(seconds=1))
    await opening(register, composed_at=SOON)

    tellings, _, courses = await read(register)

    assert [each.notice.id for each in tellings] == [inside.notices[0].id]
    assert len(courses) == 3


async def test_M026_what_is_told_late_and_what_was_stopped_is_said(register: SqlRegister) -> None:
    event = opened()
    decision = told(event)
    late = replace(decision, occasion=replace(decision.occasion, kind=OccasionKind.FOUND_LATE))
    notice = notice_of(late)
    first, second = delivery_of(notice), delivery_of(notice)
    page = page_of(event, first, second, decisions=(late,), notices=(notice,))
    await write(register, page, event)
    stop = Stop(delivery=first.id, reason="held")
    await write(
        register,
        Page(id=page.id, concern=page.concern, version=1, at=LONG_AGO, stops=(stop,)),
    )

    tellings, _, _ = await read(register)

    (found,) = tellings
    assert (found.late, found.deliveries, found.stopped) == (True, 2, 1)
    assert not found.stopped_whole
    assert found.others_told == notice.composed_at
    assert not found.found_late


async def test_M026_whoever_is_told_after_others_of_its_concern_is_found_late(
    register: SqlRegister,
) -> None:
    page = await opening(register, composed_at=LONG_AGO - timedelta(days=40))
    event = opened(page.id)
    decision = told(event, replace(PLACING, agency=AgencyId("gss:E10000016")))
    late = replace(decision, occasion=replace(decision.occasion, kind=OccasionKind.FOUND_LATE))
    notice = notice_of(late)
    await write(register, page_of(event, decisions=(late,), notices=(notice,), version=1), event)

    tellings, _, _ = await read(register)

    (found,) = tellings
    assert found.others_told == LONG_AGO - timedelta(days=40)
    assert found.found_late
    assert (found.deliveries, found.stopped) == (0, 0)


async def test_N048_only_open_answers_and_reviews_are_yielded(register: SqlRegister) -> None:
    page = await opening(register)
    answer = obligation_of(page.id, opened_at=LONG_AGO - timedelta(days=90))
    review = obligation_of(page.id, kind=ObligationKind.REVIEW_HOLD)
    person = obligation_of(page.id, kind=ObligationKind.PERSON)
    done = obligation_of(page.id)
    async with register.entry() as entry:
        await entry.owe([answer, review, person, done])
        await entry.discharge(page.id, [Discharge(kind=done.kind, key=done.key)])

    _, owed, _ = await read(register)

    assert owed == [answer, review]


def _closing(concern: Concern) -> Concern:
    return replace(
        concern,
        closure_authorised=ClosureAuthorised(
            ending=Ending.SERVICE_ENDED,
            chair=Person(name="Helen Marsh", role="Chair"),
            closed_on=LONG_AGO.date(),
            authorised_at=LONG_AGO,
            complaints_route="Customer relations team",
            first_hearings=(),
        ),
    )


async def test_M102_a_closure_that_waits_comes_with_history_and_notices_and_a_confirmed_does_not(
    register: SqlRegister,
) -> None:
    event = opened()
    decision = told(event, notice="closure-notice")
    notice = notice_of(decision)
    page = page_of(
        event,
        delivery_of(notice),
        concern=_closing(concern_of(event)),
        decisions=(decision,),
        notices=(notice,),
    )
    await write(register, page, event)
    await opening(register)

    _, _, waiting = await read(register)
    made = Attestation(id="a", concern=page.id, by="Amara", role="leo", at=LONG_AGO, reached=())
    async with register.entry() as entry:
        await entry.attest(made, leaf("closure.attested", LONG_AGO, page.id))
    _, _, confirmed = await read(register)

    (closure,) = (each.unconfirmed for each in waiting if each.unconfirmed is not None)
    assert [t.notice.id for t in closure.notices] == [notice.id]
    assert closure.history.ever_told() == {PLACING}
    assert [each.concern.id for each in waiting] == [each.concern.id for each in confirmed]
    assert {each.unconfirmed for each in confirmed} == {None}


async def test_N048_a_long_time_is_read_in_pages_and_nothing_twice(
    register: SqlRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reckoned, "AT_ONCE", 5)
    pages = [await opening(register) for _ in range(11)]
    async with register.entry() as entry:
        await entry.owe([obligation_of(page.id) for page in pages])

    tellings, owed, courses = await read(register)

    assert Counter(each.notice.concern for each in tellings) == Counter(p.id for p in pages)
    assert Counter(each.concern for each in owed) == Counter(page.id for page in pages)
    assert Counter(each.concern.id for each in courses) == Counter(page.id for page in pages)


async def test_N048_whoever_stops_reading_leaves_the_register_free(register: SqlRegister) -> None:
    await opening(register)

    async for _ in register.recorded(LONG_AGO, SOON):
        # In the middle of reading, somebody else writes.
        await opening(register)
        break

    assert (await register.depths()).notices == 2
