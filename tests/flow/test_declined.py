"""That a notice is not for them is an answer too, and it ends nothing (receipts.md)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.answers import (
    Acknowledged,
    Answers,
    Call,
    CodeRefused,
    Declined,
    Declines,
    Incomplete,
    NotYet,
)
from hub.concern import Party
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.receipt import fold
from hub.routes.board import board
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    DeclinedBecause,
    NoticeId,
    Role,
    Rung,
    Setback,
)
from tests.flow.rosewood import (
    CONCERN,
    CQC,
    HOST,
    LEO,
    START,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
    signed,
)
from tests.flow.scene import a_scene, running, targets
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey, wrong

ICB = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
THE_HOST = Party(agency=HOST, role=Role.HOST_AUTHORITY)
NOT_OURS = Declines(because="not for us", reason="We have nobody there")
ELSEWHERE = Declines(because="wrong contact", reason="This desk does fostering")


async def declines(story: Rosewood, notice: Notice, why: Declines = NOT_OURS) -> Declined:
    done = await story.answers.decline_by_code(
        notice.id, "Ada Byrne", "Duty manager", notice.ack_code, why
    )
    assert isinstance(done, Declined), done
    return done


async def owed_about(story: Rosewood, notice: NoticeId) -> dict[ObligationKind, Party]:
    return {o.kind: o.party for o in (await story.record()).obligations if o.notice == notice}


async def declinations(story: Rosewood) -> int:
    notices = (await story.record()).notices
    return sum(r.declination is not None for n in notices for r in n.receipts)


async def test_B04_whoever_declines_is_on_record_by_name_and_reason_and_acknowledges_nothing() -> (
    None
):
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)

        done = await declines(story, notice)

        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        (kept,) = [r for r in now.receipts if r.declination is not None]
        assert kept.declination == done.declination
        assert done.declination.organisation == "Surrey County Council"
        assert done.declination.strength is AckStrength.CODE
        assert done.declination.because is DeclinedBecause.NOT_FOR_US
        assert done.declination.reason == "We have nobody there"
        reached = fold(now.receipts)
        assert (reached.rung, reached.setbacks) == (Rung.RELAYED, (Setback.DECLINED,))
        assert await story.acknowledgements() == 0
        assert len(await story.leaves("notice.declined")) == 1


async def test_B04_what_is_declined_is_still_owed_and_the_next_contact_and_the_leo_are_too() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        before = await owed_about(story, notice.id)

        await declines(story, notice)

        assert before == {ObligationKind.ANSWER: SURREY_PLACING}
        assert await owed_about(story, notice.id) == {
            ObligationKind.ANSWER: SURREY_PLACING,
            ObligationKind.REACH: SURREY_PLACING,
            ObligationKind.PERSON: THE_HOST,
        }


async def test_B04_once_the_right_people_acknowledge_nothing_is_owed_about_it_any_more() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        await declines(story, notice)

        done = await story.answers.acknowledge_by_code(
            notice.id, "Sam Hill", "Adults desk", notice.ack_code
        )

        assert isinstance(done, Acknowledged)
        assert await owed_about(story, notice.id) == {}
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        assert fold(now.receipts).rung is Rung.ACKNOWLEDGED


async def test_B04_two_answers_that_disagree_are_for_a_person_and_nobody_else_is_told() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        await story.answers.acknowledge_by_code(notice.id, "Sam Hill", "Desk", notice.ack_code)

        await declines(story, notice, ELSEWHERE)

        assert await owed_about(story, notice.id) == {ObligationKind.PERSON: THE_HOST}
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        assert fold(now.receipts).rung is Rung.ACKNOWLEDGED
        assert await story.leaves("contact.put.aside") == []


async def test_B04_the_same_declination_twice_is_written_down_once() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        first, second = await declines(story, notice), await declines(story, notice)

        assert (first.again, second.again) == (False, True)
        assert await declinations(story) == 1
        assert len(await story.leaves("notice.declined")) == 1


async def test_B04_without_the_code_nobody_declines_and_the_wrong_codes_of_both_pages_count() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        guess = wrong(notice.ack_code)
        person = (notice.id, "A", "B")

        for _ in range(3):
            refused = await story.answers.decline_by_code(*person, guess, NOT_OURS)
            assert refused == CodeRefused()
        for _ in range(2):
            assert await story.answers.acknowledge_by_code(*person, guess) == CodeRefused()
        after = await asyncio.gather(
            story.answers.decline_by_code(*person, notice.ack_code, NOT_OURS),
            story.answers.acknowledge_by_code(*person, notice.ack_code),
        )

        assert set(after) == {CodeRefused()}
        assert await declinations(story) == await story.acknowledgements() == 0
        assert (await owed_about(story, notice.id))[ObligationKind.PERSON] == THE_HOST


async def test_B04_a_declination_names_a_reason_and_every_fault_is_found_at_once() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        result = await story.answers.decline_by_code(
            notice.id, " ", "Manager", "O0", Declines(because="busy", reason="")
        )

        assert isinstance(result, Incomplete)
        assert [f.pointer for f in result.faults] == ["/name", "/because", "/reason", "/code"]
        now = await story.register.notice(notice.id)
        assert now is not None
        assert now.wrong_codes == 0


async def test_B04_a_wrong_contact_is_put_aside_until_somebody_verifies_it() -> None:
    async with rosewood(*OPENING) as story:
        record = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        (mail,) = [d for d in record.deliveries if d.channel == "email"]

        await declines(story, record.notice, ELSEWHERE)

        directory = await story.register.directory()
        left = directory.contacts_of(SURREY_PLACING.agency, Role.PLACING_AUTHORITY)
        assert mail.target not in {contact.id for contact in left}
        (leaf,) = await story.leaves("contact.put.aside")
        assert mail.target in leaf
        (person,) = [
            o
            for o in (await story.record()).obligations
            if o.notice == record.notice.id and o.kind is ObligationKind.PERSON
        ]
        assert "wrong contact" in person.says


async def test_B04_not_for_us_leaves_the_contact_as_it_is() -> None:
    async with rosewood(*OPENING) as story:
        before = await story.register.directory()

        await declines(story, await alert_to_surrey(story))

        assert await story.register.directory() == before


async def test_B04_a_declined_notice_is_mailed_to_the_next_contact_and_to_the_wrong_one_no_more() -> (  # noqa: E501
    None
):
    async with a_scene() as scene:
        await scene.open_concern()
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
            await scene.until(lambda: worker.counts().unsaved == 0)
        (record,) = [r for r in await scene.notices() if r.notice.party == ICB]
        answers = Answers(register=scene.register, clock=scene.clock, mint=scene.tools.mint)
        code = record.notice.ack_code

        done = await answers.decline_by_code(record.notice.id, "Jo", "Clerk", code, ELSEWHERE)
        async with running(scene, scene.deliver(), scene.watch()):
            passed = await scene.until(lambda: "sussex-icb-deputy" in targets(scene.mail.carried))
            await scene.open_concern(1)
            await scene.until(lambda: targets(scene.mail.carried).count("sussex-icb-deputy") == 2)

        assert isinstance(done, Declined)
        assert passed <= timedelta(seconds=2)
        assert targets(scene.mail.carried).count("sussex-icb") == 1


async def test_B04_an_agencys_own_system_declines_by_signature_and_no_mailbox_is_put_aside() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        message = signed(notice.id, answer="declined", because="wrong contact", reason="Fostering")

        done = await story.answers.acknowledge_signed(notice.id, *message)

        assert isinstance(done, Declined)
        assert done.declination.strength is AckStrength.SIGNED
        assert await story.acknowledgements() == 0
        assert await story.leaves("contact.put.aside") == []
        assert set(await owed_about(story, notice.id)) == {
            ObligationKind.ANSWER,
            ObligationKind.REACH,
            ObligationKind.PERSON,
        }


@pytest.mark.parametrize(
    "why",
    [
        {"answer": "declined"},
        {"answer": "declined", "because": "not for us"},
        {"answer": "declined", "because": "busy", "reason": "We are"},
        {"answer": "declined", "because": "not for us", "reason": ""},
        {"because": "not for us", "reason": "None of ours"},
        {"reason": "None of ours"},
        {"answer": "maybe"},
    ],
)
async def test_B04_a_signed_answer_that_is_half_a_declination_is_neither(
    why: dict[str, Any],
) -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        done = await story.answers.acknowledge_signed(notice.id, *signed(notice.id, **why))

        assert isinstance(done, Incomplete)
        assert await declinations(story) == await story.acknowledgements() == 0


async def test_B04_a_leo_records_a_call_in_which_they_said_that_it_is_not_for_them() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        call = Call(
            name="Ada Byrne",
            role="Duty manager",
            how="I rang the duty number",
            at=START,
            declines=NOT_OURS,
        )

        done = await story.answers.record_call(notice.id, LEO, call)
        bare = replace(call, declines=Declines(because="not for us", reason=" "))
        refused = await story.answers.record_call(notice.id, LEO, bare)

        assert isinstance(done, Declined)
        assert done.declination.strength is AckStrength.RECORDED
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        (kept,) = [r for r in now.receipts if r.declination]
        assert dict(kept.evidence)["recorded by"] == LEO.name
        assert isinstance(refused, Incomplete)
        assert [f.pointer for f in refused.faults] == ["/reason"]


async def test_M102_who_has_declined_is_untold_on_the_board_and_a_gap_of_closure() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.sent()
        everybody = {n.notice.party for n in (await story.record()).notices}
        await story.acknowledge(*(everybody - {CQC}))
        notice = (await story.notice_to(CQC, "closure-notice")).notice
        call = {"name": "Ines Cole", "role": "Inspector", "how": "By phone", "reason": "Moved"}
        call |= {"because": "not for us", "day": "2027-04-15", "clock": "10:00"}
        me = await sign_in(story, browser)

        sent, _ = await me.post(f"/concerns/{CONCERN}/notices/{notice.id}/told", call)

        assert sent == 303
        _, shown = await me.get(f"/concerns/{CONCERN}/notices/{notice.id}")
        assert "Declined, not for us: Moved" in shown
        _, page = await me.get(f"/concerns/{CONCERN}/closure")
        assert "whoever read its closure notice declined it" in page
        directory = await story.register.directory()
        found = board(await story.record(), directory, LEO, story.clock.now())
        untold = {lane.party: lane.why for lane in found.untold}
        assert "was declined by whoever read it" in untold[CQC]
        assert any("not for them" in owed.what for owed in found.owed)
        result = await story.answers.attest(CONCERN, LEO)
        assert isinstance(result, NotYet)
        assert {gap.party for gap in result.gaps} == {CQC}
