"""Where several people of an organisation must answer, the first of them ends nothing."""

from __future__ import annotations

from dataclasses import replace

from hub.answers import Acknowledged
from hub.answers.said import Said
from hub.answers.writing import Way, write_acknowledged
from hub.obligation import Obligation, ObligationKind
from hub.page import Page
from hub.plan import plan
from hub.ports import NoticeRecord
from hub.routes.board import Stands, board
from hub.vocabulary import AckStrength
from tests.flow.rosewood import CQC, LEO, Rosewood, example, rosewood, served, sign_in

CLOSES = "emergency-closure"


async def closed_by_the_regulator(story: Rosewood, people: int) -> NoticeRecord:
    """Its ladder asks for so many people of each organisation."""
    tools = story.tools
    ladders = tuple(
        replace(one, people=people) if one.id == "L1" else one for one in tools.pack.ladders
    )
    event = example("emergency-closure-cqc")
    async with story.register.entry() as entry:
        await entry.take([event])
        standing = (await entry.standing([event.concern]))[event.concern]
        asking = replace(tools, pack=replace(tools.pack, ladders=ladders))
        page: Page = plan(standing, [event], asking, story.clock.now())
        await entry.write(page)
    await story.sent()
    return await story.notice_to(CQC, CLOSES)


async def says_read(story: Rosewood, record: NoticeRecord, name: str) -> Acknowledged:
    notice = record.notice
    done = await story.answers.acknowledge_by_code(notice.id, name, "Inspector", notice.ack_code)
    assert isinstance(done, Acknowledged), done
    return done


async def owed(story: Rosewood, record: NoticeRecord) -> list[Obligation]:
    obligations = (await story.record()).obligations
    return [o for o in obligations if o.notice == record.notice.id]


async def test_escalation_4_an_answer_is_owed_until_enough_different_people_have_answered() -> None:
    async with rosewood("concern-opened") as story:
        record = await closed_by_the_regulator(story, 3)

        first = await says_read(story, record, "Ada Byrne")
        second = await says_read(story, record, "Sam Hill")
        again = await says_read(story, record, "ada byrne")
        still = await owed(story, record)
        third = await says_read(story, record, "Jo Field")

        assert [one.awaited for one in (first, second, again, third)] == [2, 1, 1, 0]
        assert [(o.kind, o.people) for o in still] == [(ObligationKind.ANSWER, 3)]
        assert await owed(story, record) == []


async def test_escalation_4_one_organisations_answers_leave_every_others_obligation_open() -> None:
    async with rosewood("concern-opened") as story:
        record = await closed_by_the_regulator(story, 2)
        everybody = {o.party for o in await _answers(story)}

        for name in ("Ada Byrne", "Sam Hill"):
            await says_read(story, record, name)

        assert {o.party for o in await _answers(story)} == everybody - {CQC}
        assert len(everybody) > 2


async def test_escalation_4_the_board_says_how_many_have_answered() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        record = await closed_by_the_regulator(story, 3)
        form = {"role": "Inspector", "code": record.notice.ack_code}
        address = f"{story.base}/acknowledge/{record.notice.id}"

        for name in ("Ada Byrne", "Sam Hill"):
            reply = await browser.post(address, data={**form, "name": name})
            words = await reply.text()
        me = await sign_in(story, browser)
        _, page = await me.get(f"/concerns/{record.notice.concern}")

        assert "1 more person" in words
        assert "2 of 3 have answered" in page
        shown = board(
            await story.record(), await story.register.directory(), LEO, story.clock.now()
        )
        lane = next(lane for lane in shown.lanes if lane.party == CQC)
        assert lane.stands is not Stands.ANSWERED


async def test_escalation_4_of_two_who_answer_at_one_moment_the_last_meets_the_quorum() -> None:
    async with rosewood("concern-opened") as story:
        record = await closed_by_the_regulator(story, 2)
        by_code = Way(strength=AckStrength.CODE, source="code", detail="the code was typed")

        # Two processes have read the same record before either has written.
        first, second = [
            await write_acknowledged(
                story.register, story.clock, record, Said(name=name, role="Inspector"), by_code
            )
            for name in ("Ada Byrne", "Sam Hill")
        ]

        assert (first.awaited, second.awaited) == (1, 0)
        assert await owed(story, record) == []


async def _answers(story: Rosewood) -> list[Obligation]:
    record = await story.record()
    asked = {n.notice.id for n in record.notices if n.notice.template == CLOSES}
    return [o for o in record.obligations if o.notice in asked and o.people > 1]
