"""An answer is to one revision of a notice; what is said anew is asked anew (escalation 4, 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.answers import Acknowledged
from hub.events.envelope import Event
from hub.obligation import ObligationKind
from hub.plan import plan
from hub.ports import NoticeRecord
from hub.receipt import fold
from hub.routes.board import Row, board
from hub.vocabulary import EventId, NoticeId, Rung
from tests.flow.rosewood import (
    CQC,
    LEO,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)

OPENED = ("concern-opened", "lead-agency-set")
CLOSES = "emergency-closure"


def closes(hour: int) -> Event:
    """The regulator closes the service; by which hour, is said anew."""
    event = example("emergency-closure-cqc", ends_at=f"2026-12-18T{hour}:00:00Z")
    return replace(event, id=EventId(f"by-{hour}"))


async def to_cqc(story: Rosewood) -> tuple[NoticeRecord, ...]:
    notices = (await story.record()).notices
    return tuple(n for n in notices if n.notice.party == CQC and n.notice.template == CLOSES)


async def asked_of_cqc(story: Rosewood) -> set[NoticeId | None]:
    obligations = (await story.record()).obligations
    mine = {n.notice.id for n in await to_cqc(story)}
    return {o.notice for o in obligations if o.kind is ObligationKind.ANSWER and o.notice in mine}


async def acknowledged(story: Rosewood, record: NoticeRecord) -> Acknowledged:
    notice = record.notice
    done = await story.answers.acknowledge_by_code(
        notice.id, "Ada Byrne", "Inspector", notice.ack_code
    )
    assert isinstance(done, Acknowledged), done
    return done


async def row_of(story: Rosewood, notice: NoticeId) -> Row:
    record, directory = await story.record(), await story.register.directory()
    lanes = board(record, directory, LEO, story.clock.now()).lanes
    return next(row for lane in lanes for row in lane.rows if row.notice == notice)


async def test_escalation_4_an_answer_to_revision_1_does_not_answer_revision_2() -> None:
    async with rosewood(*OPENED) as story:
        await story.happens(closes(20))
        await story.sent()
        (first,) = await to_cqc(story)
        done = await acknowledged(story, first)
        settled = await asked_of_cqc(story)

        await story.happens(closes(21))

        old, new = await to_cqc(story)
        assert (done.revision, done.newer) == (1, None)
        assert settled == set()
        assert (old.notice.revision, new.notice.revision) == (1, 2)
        assert await asked_of_cqc(story) == {new.notice.id}
        assert fold(old.receipts).rung is Rung.ACKNOWLEDGED, "it stays, as evidence of revision 1"
        assert fold(new.receipts).rung is Rung.QUEUED
        assert (old.newer, new.replaced) == ((new.notice.id, 2), (old.notice.id,))


async def test_escalation_6_an_unsent_older_revision_is_never_sent_and_the_log_says_so() -> None:
    async with rosewood(*OPENED) as story:
        await story.happens(closes(20))
        (first,) = await to_cqc(story)

        await story.happens(closes(21))
        await story.sent()

        old, new = await to_cqc(story)
        assert (old.notice.id, fold(old.receipts).rung) == (first.notice.id, Rung.QUEUED)
        assert fold(new.receipts).rung is Rung.RELAYED
        stopped = await story.leaves("delivery.superseded")
        assert {d.id for d in old.deliveries} <= _ids(stopped, old)
        (said,) = [one for one in await story.leaves("notice.superseded") if first.notice.id in one]
        assert new.notice.id in said
        assert (await story.record()).standing.history.ever_told() >= {CQC}
        assert (await story.register.depths()).unaccounted == 0


def _ids(leaves: list[str], record: NoticeRecord) -> set[str]:
    return {d.id for d in record.deliveries for one in leaves if d.id in one}


async def test_escalation_6_two_revisions_in_one_page_bring_the_newer_alone() -> None:
    async with rosewood(*OPENED) as story:
        first, second = closes(20), closes(21)
        async with story.register.entry() as entry:
            await entry.take([first, second])
            standing = (await entry.standing([first.concern]))[first.concern]
            page = plan(standing, [first, second], story.tools, story.clock.now())
            await entry.write(page)
        await story.sent()

        old, new = await to_cqc(story)
        assert [fold(one.receipts).rung for one in (old, new)] == [Rung.QUEUED, Rung.RELAYED]
        assert await asked_of_cqc(story) == {new.notice.id}
        assert (await story.register.depths()).unaccounted == 0


async def test_escalation_4_what_was_silent_stays_silent_since_the_first_it_did_not_answer() -> (
    None
):
    async with rosewood(*OPENED) as story:
        began = story.clock.now()
        await story.happens(closes(20))
        await story.sent()
        await story.clock.advance(timedelta(hours=3))

        await story.happens(closes(21))

        obligations = (await story.record()).obligations
        (_, new) = await to_cqc(story)
        (owed,) = [o for o in obligations if o.notice == new.notice.id]
        assert owed.opened_at == began


async def test_escalation_4_a_late_answer_to_an_older_revision_is_kept_and_says_what_it_is() -> (
    None
):
    async with rosewood(*OPENED) as story, served(story) as browser:
        await story.happens(closes(20))
        await story.sent()
        await story.happens(closes(21), closes(22))
        first, _, newest = await to_cqc(story)
        form = {"name": "Ada Byrne", "role": "Inspector", "code": first.notice.ack_code}

        reply = await browser.post(f"{story.base}/acknowledge/{first.notice.id}", data=form)
        words = await reply.text()

        assert reply.status == 200
        assert "revision 1 of the notice, and no other" in words
        assert "revision 3 takes its place" in words
        assert await asked_of_cqc(story) == {newest.notice.id}
        old = (await to_cqc(story))[0]
        assert fold(old.receipts).rung is Rung.ACKNOWLEDGED
        shown = await row_of(story, old.notice.id)
        assert (shown.revision, shown.newer) == (1, 3)
        me = await sign_in(story, browser)
        _, page = await me.get(f"/concerns/{first.notice.concern}")
        _, notice = await me.get(f"/concerns/{first.notice.concern}/notices/{first.notice.id}")
        assert "superseded by revision 3" in page
        assert "of revision 1" in notice


async def test_escalation_4_an_answer_to_the_newest_settles_what_was_owed_about_the_older() -> None:
    async with rosewood(*OPENED) as story:
        await story.happens(closes(20))
        await story.sent()
        await story.happens(closes(21))
        await story.sent()
        old, new = await to_cqc(story)
        for _ in range(5):
            code = "2" + old.notice.ack_code[1:] if old.notice.ack_code[0] != "2" else "333333"
            await story.answers.acknowledge_by_code(old.notice.id, "Ada", "Inspector", code)
        before = {o.key for o in (await story.record()).obligations}

        await acknowledged(story, new)

        after = {o.key for o in (await story.record()).obligations}
        assert f"void code:{old.notice.id}" in before
        assert {key for key in after if old.notice.id in key or new.notice.id in key} == set()


async def test_escalation_6_another_meeting_is_another_notice_and_replaces_nothing() -> None:
    async with rosewood(*OPENED) as story:
        await story.story("meeting-scheduled")
        other = example("meeting-scheduled", kind="update", starts_at="2027-06-01T10:00:00Z")
        await story.happens(replace(other, id=EventId("another")))

        notices = (await story.record()).notices
        meetings = [n for n in notices if n.notice.template == "meeting-scheduled"]
        assert len(meetings) > 1
        assert {(n.notice.revision, n.newer, n.replaced) for n in meetings} == {(1, None, ())}
