"""The register's contract: what one transaction takes, writes, refuses and rolls back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from hub.adapters.register import tables as t
from hub.adapters.register.entry import BESIDE, SqlEntry
from hub.adapters.register.sql import SqlRegister
from hub.concern import Concern, after
from hub.decision import Held, Hold, NotDue, Notify, Withheld, Withhold
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.page import Page, Poison, RefusedEvent, StandingHold, Stop, Waiting
from hub.ports import Entry, RegisterRefused, Taking, VersionMoved
from hub.vocabulary import (
    ConcernId,
    DecisionId,
    HoldKind,
    InfoClass,
    PublisherId,
)
from tests.adapters.by_hand import look, meddle
from tests.builders import (
    LONG_AGO,
    PLACING,
    REGULATOR,
    delivery_of,
    fresh,
    lead_agency_set,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    telling,
    told,
)

POISON = Poison(
    body=bytes(range(256)),
    headers=(("content-type", "application/json"), ("x-\ud800", "\x00")),
    publisher=PublisherId("wscc"),
    routing_key="wscc.\x00.opened",
    faults=(Fault(pointer="/data/\x00", says="is not \ud800 allowed"),),
    urgent=True,
    received=LONG_AGO,
)


async def _moments(register: SqlRegister, table: Table, *more: str) -> list[datetime]:
    """Return when the one row of a table came and was written, as instants on every database."""
    names = (*more, "received", "recorded")
    async with register._database.reading() as wire:
        (row,) = await wire.rows(select(*(table.c[name] for name in names)))
    return [row[name] for name in names]


async def test_N030_when_an_event_occurred_was_received_and_recorded_are_kept_apart(
    register: SqlRegister,
) -> None:
    came = LONG_AGO + timedelta(minutes=7, microseconds=1)
    event = replace(lead_agency_set(ConcernId(fresh("concern"))), received=came)
    early = Page(
        id=event.concern,
        concern=None,
        version=0,
        at=LONG_AGO,
        waiting=(Waiting(source=event.source, event=event.id, why="not opened"),),
    )

    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(early)
        (kept,) = (await entry.standing([event.concern]))[event.concern].waiting

    occurred, received, recorded = await _moments(register, t.event, "occurred")
    assert (occurred, received, kept.received) == (LONG_AGO, came, came)
    assert recorded > received


async def test_N030_a_refused_event_is_quarantined_with_when_it_came(
    register: SqlRegister,
) -> None:
    came = LONG_AGO + timedelta(minutes=7)
    event = replace(opened(), received=came)
    refused = RefusedEvent(event=event, faults=(Fault(pointer="/data/authority", says="may not"),))

    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, applied=(), refused=(refused,)))

    received, recorded = await _moments(register, t.quarantine)
    assert received == came
    assert recorded > came


async def test_B01_an_event_is_taken_once_for_ever(register: SqlRegister) -> None:
    event = opened()

    async with register.entry() as entry:
        first = await entry.take([event])
    async with register.entry() as entry:
        second = await entry.take([event])

    assert first == (Taking.NEW,)
    assert second == (Taking.DUPLICATE,)
    assert (await register.depths()).events == 1


async def test_B01_a_reused_id_with_another_body_is_a_conflict(register: SqlRegister) -> None:
    event = opened()
    other = replace(event, body=b"{}", body_sha256="1" * 64)
    elsewhere = replace(event, source="https://cases.sussex-police.example/concerns")

    async with register.entry() as entry:
        taken = await entry.take([event, event, other, elsewhere])
    async with register.entry() as entry:
        again = await entry.take([other, opened(), event])

    assert taken == (Taking.NEW, Taking.DUPLICATE, Taking.CONFLICT, Taking.NEW)
    assert again == (Taking.CONFLICT, Taking.NEW, Taking.DUPLICATE)


async def test_an_entry_that_fails_leaves_nothing(register: SqlRegister) -> None:
    event = opened()

    async def fails() -> None:
        async with register.entry() as entry:
            await entry.take([event])
            await entry.write(telling(event))
            await entry.quarantine(POISON)
            raise KeyError

    with pytest.raises(KeyError):
        await fails()

    depths = await register.depths()
    assert (depths.events, depths.notices, depths.quarantined, depths.queued) == (0, 0, 0, 0)
    assert await register.concern(event.concern) is None
    async with register.entry() as entry:
        assert await entry.take([event]) == (Taking.NEW,)


async def test_a_savepoint_rolls_back_its_own_part_alone(register: SqlRegister) -> None:
    good, bad = opened(), opened()

    async with register.entry() as entry:
        await entry.take([good, bad])
        await entry.standing([good.concern, bad.concern])
        await entry.write(telling(good))
        with suppress(KeyError):
            async with entry.savepoint():
                await entry.write(telling(bad))
                raise KeyError
        async with entry.savepoint():
            await entry.write(page_of(bad))

    kept, other = await register.concern(good.concern), await register.concern(bad.concern)
    assert kept is not None
    assert other is not None
    assert len(kept.notices) == 1
    assert other.notices == ()
    assert (await register.depths()).events == 2


async def test_a_page_the_database_refuses_is_named_inside_its_savepoint(
    register: SqlRegister,
) -> None:
    good, bad = opened(), opened()
    decision = told(bad)
    twice = page_of(bad, decisions=(decision, decision))

    async with register.entry() as entry:
        await entry.take([good, bad])
        with pytest.raises(RegisterRefused):
            async with entry.savepoint():
                await entry.write(twice)
        async with entry.savepoint():
            await entry.write(telling(good))

    assert await register.concern(bad.concern) is None
    assert await register.concern(good.concern) is not None


async def test_a_page_planned_from_an_older_version_is_refused(register: SqlRegister) -> None:
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event))

    with pytest.raises(VersionMoved):
        async with register.entry() as entry:
            await entry.write(page_of(event))
    with pytest.raises(VersionMoved):
        async with register.entry() as entry:
            await entry.write(page_of(event, version=2))


async def test_standing_answers_for_every_concern_asked(register: SqlRegister) -> None:
    event, unknown = opened(), ConcernId(fresh("concern"))
    page = telling(event)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
        standing = await entry.standing([unknown, event.concern])

    assert standing[unknown].version == 0
    assert standing[unknown].concern is None
    mine = standing[event.concern]
    assert mine.concern == page.concern
    assert mine.version == 1
    (heard,) = mine.history.told
    assert (heard.party, heard.verdict, heard.shared) == (
        PLACING,
        "notify",
        frozenset({InfoClass.PROCESS}),
    )
    (unsent,) = mine.unsent
    assert unsent.delivery == page.deliveries[0].id
    assert unsent.decision == page.decisions[0].id
    assert unsent.only_unsent


async def test_M052_an_event_that_cannot_follow_is_kept_and_comes_back_whole(
    register: SqlRegister,
) -> None:
    event = opened()
    early = lead_agency_set(event.concern)
    why = "`concern.opened` has not come"
    waiting = Page(
        id=event.concern,
        concern=None,
        version=0,
        at=LONG_AGO,
        waiting=(Waiting(source=early.source, event=early.id, why=why),),
    )
    async with register.entry() as entry:
        await entry.take([early])
        await entry.write(waiting)

    async with register.entry() as entry:
        await entry.take([event])
        standing = (await entry.standing([event.concern]))[event.concern]
        assert standing.waiting == (early,)
        first = after(standing.concern, event)
        assert isinstance(first, Concern)
        second = after(first, standing.waiting[0])
        assert isinstance(second, Concern)
        applied = ((event.source, event.id), (early.source, early.id))
        await entry.write(page_of(event, concern=second, version=standing.version, applied=applied))

    record = await register.concern(event.concern)
    assert record is not None
    assert record.waiting == ()
    assert record.concern == second


async def test_a_waiting_event_says_why_on_the_board(register: SqlRegister) -> None:
    event = opened()
    early = lead_agency_set(event.concern)
    page = page_of(event, waiting=(Waiting(source=early.source, event=early.id, why="early"),))
    async with register.entry() as entry:
        await entry.take([event, early])
        await entry.write(page)

    record = await register.concern(event.concern)

    assert record is not None
    assert record.waiting == ((early.id, "early"),)
    assert (await register.depths()).waiting_events == 1


async def test_a_refused_event_is_quarantined_with_an_alarm_and_never_waits(
    register: SqlRegister,
) -> None:
    event = opened()
    faults = (Fault(pointer="/type", says="this publisher may not say so"),)
    page = page_of(
        event, concern=None, applied=(), refused=(RefusedEvent(event=event, faults=faults),)
    )
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)

    (kept,) = await register.quarantined()

    assert kept.poison.body == event.body
    assert kept.poison.faults == faults
    assert kept.poison.urgent
    async with register.entry() as entry:
        assert (await entry.standing([event.concern]))[event.concern].waiting == ()
        assert await entry.take([event]) == (Taking.DUPLICATE,)


async def test_B01_poison_is_kept_byte_for_byte(register: SqlRegister) -> None:
    async with register.entry() as entry:
        first = await entry.quarantine(POISON)
        second = await entry.quarantine(replace(POISON, body=b"", publisher=None, urgent=False))

    newest, oldest = await register.quarantined()

    assert (newest.id, oldest.id) == (second, first)
    assert oldest.poison.body == POISON.body
    assert oldest.poison.headers == POISON.headers
    assert oldest.poison.faults == POISON.faults
    assert oldest.poison.received == LONG_AGO
    assert newest.poison.publisher is None
    assert (await register.quarantined(limit=1)) == (newest,)


async def test_every_kind_of_decision_comes_back_as_it_was_written(register: SqlRegister) -> None:
    event = opened()
    notify = told(event)
    reason, occasion, pack = notify.reason, notify.occasion, notify.pack
    held = Held(
        info=InfoClass.THEMES, kind=HoldKind.H1, released_by="police", reason=reason, hold=None
    )
    withheld = Withheld(info=InfoClass.REFERRER, reason=reason)
    notify = replace(notify, held=(held,), withheld=(withheld,))
    common: dict[str, Any] = {
        "occasion": occasion,
        "party": REGULATOR,
        "pack": pack,
        "reason": reason,
    }
    hold = Hold(id=DecisionId(fresh("d")), held=(held,), withheld=(withheld,), **common)
    withhold = Withhold(id=DecisionId(fresh("d")), withheld=(withheld,), **common)
    not_due = NotDue(id=DecisionId(fresh("d")), **common)
    decisions: tuple[Notify | Hold | Withhold | NotDue, ...] = (notify, hold, withhold, not_due)

    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, decisions=decisions))

    record = await register.concern(event.concern)
    assert record is not None
    assert record.decisions == decisions
    verdicts = [(each.verdict, each.held) for each in record.standing.history.told]
    themes = frozenset({InfoClass.THEMES})
    assert verdicts == [
        ("notify", themes),
        ("hold", themes),
        ("withhold", frozenset()),
        ("not due", frozenset()),
    ]


async def test_the_board_shows_everything_as_it_was_written(register: SqlRegister) -> None:
    event = opened()
    page = telling(event)
    owed = (
        obligation_of(event.concern, due=LONG_AGO.replace(day=9)),
        obligation_of(event.concern, notice=page.notices[0].id),
    )
    holds = frozenset(
        {StandingHold(party=REGULATOR, info=InfoClass.THEMES, kind=HoldKind.H4, reason="visit")}
    )
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(replace(page, obligations=owed, holds=holds))

    record = await register.concern(event.concern)

    assert record is not None
    assert record.concern == page.concern
    (shown,) = record.notices
    assert shown.notice == page.notices[0]
    assert shown.deliveries == page.deliveries
    assert shown.receipts == ()
    assert shown.wrong_codes == 0
    assert record.obligations == (owed[1], owed[0])
    assert record.holds == holds
    assert record.attestation is None
    assert await register.notice(page.notices[0].id) == shown
    assert await register.notice(notice_of(told(event)).id) is None
    assert await register.concern(ConcernId("nobody's")) is None


async def test_an_entry_reads_a_notice_it_has_just_written(register: SqlRegister) -> None:
    event = opened()
    page = telling(event)

    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
        found = await entry.notice(page.notices[0].id)

    assert found is not None
    assert found.deliveries == page.deliveries


async def test_the_standing_set_of_holds_is_replaced_by_each_page(register: SqlRegister) -> None:
    event = opened()
    one = StandingHold(party=PLACING, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="W1")
    other = StandingHold(party=REGULATOR, info=InfoClass.THEMES, kind=HoldKind.H4, reason="visit")
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, holds=frozenset({one})))
        await entry.write(page_of(event, version=1, holds=frozenset({other}), applied=()))

    record = await register.concern(event.concern)

    assert record is not None
    assert record.holds == frozenset({other})
    assert (await register.depths()).held == 1


async def test_two_pages_of_one_concern_in_one_entry_follow_each_other(
    register: SqlRegister,
) -> None:
    event = opened()
    first, second = told(event), told(event)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, decisions=(first,)))
        await entry.write(page_of(event, version=1, decisions=(second,), applied=()))
        with pytest.raises(VersionMoved):
            await entry.write(page_of(event, version=1))

    record = await register.concern(event.concern)
    assert record is not None
    assert record.standing.version == 2
    assert record.decisions == (first, second)


async def test_concerns_are_listed_newest_first(register: SqlRegister) -> None:
    older, newer = opened(), opened()
    concern = page_of(newer).concern
    assert concern is not None
    later = replace(concern, opened_at=LONG_AGO.replace(year=2027))
    async with register.entry() as entry:
        await entry.take([older, newer])
        await entry.write(page_of(newer, concern=later))
        await entry.write(page_of(older))

    listed = await register.concerns()

    assert [each.id for each in listed] == [newer.concern, older.concern]
    assert [each.id for each in await register.concerns(limit=1)] == [newer.concern]


async def test_a_stopped_notice_was_never_heard_and_history_says_so(
    register: SqlRegister,
) -> None:
    event = opened()
    page = telling(event)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    stop = Stop(delivery=page.deliveries[0].id, reason="H1 placed")

    async with register.entry() as entry:
        await entry.write(page_of(event, version=1, applied=(), stops=(stop,)))

    record = await register.concern(event.concern)
    assert record is not None
    (heard,) = record.standing.history.told
    assert heard.stopped
    assert record.standing.history.ever_told() == frozenset()
    assert record.standing.unsent == ()
    depths = await register.depths()
    assert (depths.queued, depths.unaccounted) == (0, 0)


async def test_a_notice_with_one_delivery_left_is_not_stopped(register: SqlRegister) -> None:
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    one, other = delivery_of(notice), delivery_of(notice)
    page = page_of(event, one, other, decisions=(decision,), notices=(notice,))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
        stop = Stop(delivery=one.id, reason="H1 placed")
        await entry.write(page_of(event, version=1, applied=(), stops=(stop,)))

    async with register.entry() as entry:
        standing = (await entry.standing([event.concern]))[event.concern]

    assert not standing.history.told[0].stopped
    assert [each.delivery for each in standing.unsent] == [other.id]


async def test_nothing_of_a_leaf_or_a_receipt_or_a_delivery_can_be_changed(
    register: SqlRegister,
) -> None:
    event = opened()
    page = telling(event, leaves=(leaf("concern.opened", LONG_AGO, event.concern),))
    page = replace(page, receipts=(receipt_of(page.deliveries[0]),))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    statements = (
        "UPDATE audit_leaf SET kind = 'other'",
        "DELETE FROM audit_leaf",
        "UPDATE receipt SET rung = 'acknowledged'",
        "DELETE FROM receipt",
        "UPDATE delivery SET dest = 'email:elsewhere.example'",
    )

    for statement in statements:
        with pytest.raises(RegisterRefused):
            await meddle(register, statement)

    assert await look(register, "SELECT kind FROM audit_leaf") == [("concern.opened",)]
    assert await look(register, "SELECT dest FROM delivery") == [("email:surrey.example",)]
    assert await look(register, "SELECT source FROM receipt") == [("smtp",)]


async def _all_or_none(entry: Entry, pages: Sequence[Page]) -> None:
    async with entry.savepoint():
        for page in pages:
            await entry.write(page)


async def test_new_concerns_written_beside_are_all_there_or_none(register: SqlRegister) -> None:
    many = [telling(opened()) for _ in range(2 * BESIDE)]
    # One delivery cannot be written twice: the database refuses the second.
    twice = replace(telling(opened()), deliveries=many[0].deliveries)

    async with register.entry() as entry:
        with pytest.raises(RegisterRefused):
            await _all_or_none(entry, (many[0], twice, *many[1:]))
        await entry.write(telling(opened()))
    before = await register.depths()
    async with register.entry() as entry:
        for page in many:
            await entry.write(page)
        assert len(await entry.standing([page.id for page in many])) == len(many)

    assert (before.queued, before.unaccounted) == (1, 0)
    assert (await register.depths()).queued == 1 + len(many)


async def test_however_many_concerns_a_batch_opens_few_of_them_wait_to_be_written(
    register: SqlRegister,
) -> None:
    most = 0

    async with register.entry() as entry:
        assert isinstance(entry, SqlEntry)
        for _ in range(6 * BESIDE):
            await entry.write(telling(opened()))
            most = max(most, len(entry._new.concerns))

    assert most < 2 * BESIDE
    assert (await register.depths()).queued == 6 * BESIDE


async def test_who_gives_up_while_new_concerns_are_written_leaves_nothing(
    register: SqlRegister,
) -> None:
    with suppress(KeyError):
        async with register.entry() as entry:
            for _ in range(2 * BESIDE):
                await entry.write(telling(opened()))
            raise KeyError

    depths = await register.depths()
    assert (depths.queued, depths.notices) == (0, 0)
