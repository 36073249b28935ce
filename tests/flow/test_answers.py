"""Answers are written down once, by who may give them, as strong as they are (receipts.md)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.answers import (
    Acknowledged,
    Attested,
    Call,
    CodeRefused,
    Incomplete,
    NotFound,
    NotYet,
    NotYours,
    SignatureRefused,
)
from hub.answers.attesting import review
from hub.closure import Waiver
from hub.concern import Party
from hub.events.envelope import Event
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.ports import ConcernRecord
from hub.receipt import fold
from hub.vocabulary import AckStrength, AgencyId, ConcernId, EventId, NoticeId, Role, Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    CQC_KEY,
    HOST,
    LEO,
    OTHER,
    START,
    SURREY,
    TO_THE_END,
    Rosewood,
    example,
    rosewood,
    signature_of,
    signed,
)

SURREY_PLACING = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
OPENING = ("concern-opened", "placement-register-declared")


async def alert_to_surrey(story: Rosewood) -> Notice:
    return (await story.notice_to(SURREY_PLACING, "placing-authority-alert")).notice


def wrong(code: str) -> str:
    """Return a code that may be one, and is not this one."""
    return ("2" if code[0] != "2" else "3") + code[1:]


async def test_B04_the_code_acknowledges_whatever_its_case_and_spaces() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        typed = f" {notice.ack_code[:3].lower()} - {notice.ack_code[3:].lower()} "

        result = await story.answers.acknowledge_by_code(notice.id, "Ada Byrne", "Manager", typed)

        assert isinstance(result, Acknowledged)
        assert result.acknowledgement.organisation == "Surrey County Council"
        assert result.acknowledgement.strength is AckStrength.CODE
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        assert fold(now.receipts).rung is Rung.ACKNOWLEDGED


async def test_M026_an_acknowledgement_discharges_the_obligation_to_answer_that_notice_alone() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        before = {o.notice for o in (await story.record()).obligations if o.notice}

        await story.answers.acknowledge_by_code(notice.id, "Ada Byrne", "Manager", notice.ack_code)

        after = {o.notice for o in (await story.record()).obligations if o.notice}
        assert before - after == {notice.id}
        assert len(await story.leaves("notice.acknowledged")) == 1


async def test_B04_the_same_answer_twice_is_written_down_once() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        answer = (notice.id, "Ada Byrne", "Manager", notice.ack_code)

        first = await story.answers.acknowledge_by_code(*answer)
        second = await story.answers.acknowledge_by_code(*answer)

        assert isinstance(first, Acknowledged)
        assert isinstance(second, Acknowledged)
        assert not first.again
        assert second.again
        assert await story.acknowledgements() == 1
        assert len(await story.leaves("notice.acknowledged")) == 1


async def test_B04_five_wrong_codes_void_the_code_and_the_leo_is_told() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        guess = wrong(notice.ack_code)

        for _ in range(5):
            await story.answers.acknowledge_by_code(notice.id, "A", "B", guess)
        after = await story.answers.acknowledge_by_code(notice.id, "A", "B", notice.ack_code)

        assert after == CodeRefused()
        assert await story.acknowledgements() == 0
        told = [o for o in (await story.record()).obligations if o.notice == notice.id]
        persons = [o for o in told if o.kind is ObligationKind.PERSON]
        assert [o.party for o in persons] == [Party(agency=HOST, role=Role.HOST_AUTHORITY)]
        assert persons[0].due > story.clock.now()


async def test_B04_a_call_recorded_after_the_code_was_void_ends_every_duty_about_the_notice() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        for _ in range(5):
            await story.answers.acknowledge_by_code(notice.id, "A", "B", wrong(notice.ack_code))

        call = Call(name="Ada Byrne", role="Manager", how="by phone", at=story.clock.now())
        result = await story.answers.record_call(notice.id, LEO, call)

        assert isinstance(result, Acknowledged)
        owed = [o for o in (await story.record()).obligations if o.notice == notice.id]
        assert owed == []


async def test_B04_four_wrong_codes_do_not_void_it() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        for _ in range(4):
            await story.answers.acknowledge_by_code(notice.id, "A", "B", wrong(notice.ack_code))
        after = await story.answers.acknowledge_by_code(notice.id, "A", "B", notice.ack_code)

        assert isinstance(after, Acknowledged)


async def test_B04_a_burst_of_guesses_at_once_gets_no_more_tries_than_five() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        guess = wrong(notice.ack_code)
        attempts = [guess] * 20 + [notice.ack_code]

        results = await asyncio.gather(
            *(story.answers.acknowledge_by_code(notice.id, "A", "B", each) for each in attempts)
        )

        assert all(result == CodeRefused() for result in results)


async def test_B04_what_cannot_be_a_code_costs_no_try() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        for junk in ("", "test", "O0O0O0", "test@example.com", "1234567", "ABC\u00e9EF"):
            refused = await story.answers.acknowledge_by_code(notice.id, "A", "B", junk)
            assert isinstance(refused, Incomplete)

        now = await story.register.notice(notice.id)
        assert now is not None
        assert now.wrong_codes == 0


async def test_B04_a_wrong_code_and_an_unknown_notice_look_the_same() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        guess = wrong(notice.ack_code)

        known = await story.answers.acknowledge_by_code(notice.id, "A", "B", guess)
        unknown = await story.answers.acknowledge_by_code(NoticeId("nothing"), "A", "B", guess)

        assert known == unknown == CodeRefused()


async def test_B04_without_a_name_and_a_role_nothing_is_acknowledged() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        result = await story.answers.acknowledge_by_code(notice.id, " ", "a\nb", notice.ack_code)

        assert isinstance(result, Incomplete)
        assert [fault.pointer for fault in result.faults] == ["/name", "/role"]
        assert await story.acknowledgements() == 0


async def test_B04_the_agencys_own_system_acknowledges_by_signature() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        result = await story.answers.acknowledge_signed(notice.id, *signed(notice.id))

        assert isinstance(result, Acknowledged)
        assert result.acknowledgement.strength is AckStrength.SIGNED
        assert await story.acknowledgements() == 1


async def test_B04_a_spoofed_stale_altered_or_foreign_signature_acknowledges_nothing() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        body, headers = signed(notice.id)
        early, late = START - timedelta(minutes=6), START + timedelta(minutes=6)
        refused = {
            "spoofed": signed(notice.id, key=b"x" * 32),
            "stale": signed(notice.id, at=early),
            "from the future": signed(notice.id, at=late),
            "altered": (body.replace(b"Ada", b"Eve"), headers),
            "another time": (body, headers | {"webhook-timestamp": "1"}),
            "no time at all": (body, headers | {"webhook-timestamp": "soon"}),
            "another id": (body, headers | {"webhook-id": "msg_2"}),
            "another version": (
                body,
                headers | {"webhook-signature": headers["webhook-signature"].replace("v1", "v2")},
            ),
            "no headers": (body, {}),
            "another agency": signed(notice.id, CQC.agency, key=CQC_KEY),
            "another agency in its name": signed(notice.id, SURREY, key=CQC_KEY),
            "another notice": signed(NoticeId("another")),
            "for another agency": signed(notice.id, CQC.agency),
        }

        for what, (content, sent) in refused.items():
            result = await story.answers.acknowledge_signed(notice.id, content, sent)
            assert isinstance(result, SignatureRefused), what

        assert await story.acknowledgements() == 0
        assert len(await story.leaves("acknowledgement.refused")) == len(refused)


async def test_B04_a_replayed_signature_is_refused_with_a_leaf() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        message = signed(notice.id)

        first = await story.answers.acknowledge_signed(notice.id, *message)
        second = await story.answers.acknowledge_signed(notice.id, *message)
        other_name = signed(notice.id, name="Eve Moore")
        third = await story.answers.acknowledge_signed(notice.id, *other_name)

        assert isinstance(first, Acknowledged)
        assert isinstance(second, SignatureRefused)
        assert isinstance(third, SignatureRefused)
        assert await story.acknowledgements() == 1
        assert len(await story.leaves("acknowledgement.refused")) == 2


async def test_B04_a_signed_answer_whose_writing_failed_may_be_sent_again() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        scope = f"acknowledgement:{SURREY}:{notice.id}"
        await story.register.seen_nonce(scope, "msg_1", story.clock.now())

        result = await story.answers.acknowledge_signed(notice.id, *signed(notice.id))

        assert isinstance(result, Acknowledged)


async def test_B04_the_hubs_own_webhook_sent_back_is_no_acknowledgement() -> None:
    async with rosewood(*OPENING) as story:
        record = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        own = next(d for d in record.deliveries if d.channel == "webhook")
        reflected = signature_of(own.body)

        result = await story.answers.acknowledge_signed(record.notice.id, own.body, reflected)

        assert isinstance(result, Incomplete)
        assert await story.acknowledgements() == 0


async def test_B04_a_notice_nobody_knows_is_refused_like_a_bad_signature() -> None:
    async with rosewood(*OPENING) as story:
        unknown = await story.answers.acknowledge_signed(NoticeId("x"), *signed(NoticeId("x")))
        notice = await alert_to_surrey(story)
        bad = await story.answers.acknowledge_signed(notice.id, *signed(notice.id, key=b"x" * 32))

        assert unknown == bad


async def test_B04_a_leo_records_a_call_as_recorded_with_who_how_and_when() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        await story.clock.advance(timedelta(hours=2))
        call = Call(
            name="Ada Byrne",
            role="Duty manager",
            how="I rang the duty number",
            at=START + timedelta(hours=1),
        )

        result = await story.answers.record_call(notice.id, LEO, call)

        assert isinstance(result, Acknowledged)
        assert result.acknowledgement.strength is AckStrength.RECORDED
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        evidence = dict(next(r for r in now.receipts if r.acknowledgement).evidence)
        assert evidence["recorded by"] == "Amara Okafor"
        assert evidence["how"] == "I rang the duty number"


@pytest.mark.parametrize("off", [timedelta(hours=-1), timedelta(hours=1)])
async def test_B04_a_call_before_the_notice_or_in_the_future_is_not_written_down(
    off: timedelta,
) -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        call = Call(name="Ada Byrne", role="Manager", how="By phone", at=START + off)

        result = await story.answers.record_call(notice.id, LEO, call)

        assert isinstance(result, Incomplete)
        assert [fault.pointer for fault in result.faults] == ["/at"]


async def test_B04_only_a_leo_of_the_host_records_a_call() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        call = Call(name="Ada Byrne", role="Manager", how="By phone", at=START)

        by_chair = await story.answers.record_call(notice.id, CHAIR, call)
        by_stranger = await story.answers.record_call(notice.id, OTHER, call)
        of_nothing = await story.answers.record_call(NoticeId("x"), LEO, call)

        assert isinstance(by_chair, NotYours)
        assert by_stranger == of_nothing == NotFound()
        assert await story.acknowledgements() == 0


async def test_M102_closure_is_refused_with_each_gap_by_name() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await story.acknowledge(CQC)

        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, NotYet)
        named = {gap.party for gap in result.gaps}
        assert SURREY_PLACING in named
        assert CQC not in named
        assert (await story.record()).attestation is None


async def test_M102_closure_is_confirmed_once_everybody_has_acknowledged() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await story.acknowledge()

        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, Attested)
        kept = (await story.record()).attestation
        assert kept == result.attestation
        assert kept.by == "Amara Okafor"
        assert all(reached.rung is Rung.ACKNOWLEDGED for _, reached in kept.reached)
        assert len(await story.leaves("closure.attested")) == 1


async def test_M102_the_first_confirmation_stands() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.acknowledge()

        results = await asyncio.gather(*(story.answers.attest(CONCERN, LEO) for _ in range(4)))

        attested = [result for result in results if isinstance(result, Attested)]
        assert len(attested) == 4
        assert len({result.attestation.id for result in attested}) == 1
        assert [result.again for result in attested].count(False) == 1
        assert len(await story.leaves("closure.attested")) == 1


async def test_M102_two_hubs_confirming_at_once_make_one_confirmation() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.acknowledge()
        other = type(story.answers)(
            register=story.register, clock=story.clock, mint=story.tools.mint
        )

        results = await asyncio.gather(
            story.answers.attest(CONCERN, LEO), other.attest(CONCERN, LEO)
        )

        assert all(isinstance(result, Attested) for result in results)
        assert len(await story.leaves("closure.attested")) == 1


async def test_M102_a_bounce_after_the_notice_is_no_obstacle_to_a_human_acknowledgement() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent(Rung.SUBMITTED)
        await story.acknowledge()

        assert isinstance(await story.answers.attest(CONCERN, LEO), Attested)


async def test_M102_submitted_to_everybody_confirms_nothing() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent(Rung.SUBMITTED)

        assert isinstance(await story.answers.attest(CONCERN, LEO), NotYet)


async def test_M101_closure_is_not_confirmed_before_the_chair_has_authorised() -> None:
    async with rosewood(*TO_THE_END[:-1]) as story:
        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, NotYet)
        assert "The Chair has not authorised closure" in {gap.says for gap in result.gaps}


async def test_M102_a_waiver_needs_a_reason() -> None:
    async with rosewood(*TO_THE_END) as story:
        everybody = {n.notice.party for n in (await story.record()).notices}
        await story.acknowledge(*(everybody - {CQC}))
        bare = Waiver(party=CQC, reason=" ", name=LEO.name)
        reasoned = Waiver(party=CQC, reason="Told in the meeting, minute 4", name=LEO.name)

        without = await story.answers.attest(CONCERN, LEO, (bare,))
        given = await story.answers.attest(CONCERN, LEO, (reasoned,))

        assert isinstance(without, NotYet)
        assert isinstance(given, Attested)
        assert given.attestation.waivers == (reasoned,)


async def test_M102_the_same_person_in_two_acts_is_flagged_on_the_record() -> None:
    async with rosewood(*TO_THE_END[:-2]) as story:
        me = {"name": LEO.name, "role": "Lead Enquiry Officer", "phone": "+44 1632 960101"}
        await story.happens(example("closure-proposed", proposed_by=me))
        await story.story("closure-authorised")
        await story.acknowledge()

        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, Attested)
        assert "the same person proposed and attested closure" in result.attestation.flags


async def test_M102_whoever_confirms_in_place_of_the_concerns_own_leo_is_flagged() -> None:
    async with rosewood(*TO_THE_END) as story:
        record, now = await story.record(), story.clock.now()
        own = replace(LEO, name=record.concern.leo.name)

        said = {
            name: [w for w in review(record, who, now).warnings if "somebody else" in w]
            for name, who in (("own", own), ("another", replace(LEO, name="Bea Long")))
        }

    flag = "confirmed by somebody else than the concern's lead enquiry officer"
    assert said == {"own": [], "another": [flag]}


async def test_M102_acknowledgements_recorded_from_calls_are_flagged_on_the_record() -> None:
    async with rosewood(*TO_THE_END) as story:
        everybody = {n.notice.party for n in (await story.record()).notices}
        await story.acknowledge(*(everybody - {CQC}))
        notice = (await story.notice_to(CQC, "closure-notice")).notice
        call = Call(name="Ines Cole", role="Inspector", how="By phone", at=START)
        await story.answers.record_call(notice.id, LEO, call)

        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, Attested)
        assert "1 of the acknowledgements was recorded from a call" in result.attestation.flags


async def test_S14_M102_a_hold_left_without_its_owner_is_flagged_on_the_record() -> None:
    async with rosewood(*TO_THE_END[:-2]) as story:
        visit = {"hold_id": "H-2027-0002", "kind": "H4", "party": SURREY}
        await story.happens(
            replace(
                example(
                    "hold-placed",
                    **visit,
                    role="placing authority",
                    classes=["commercial"],
                    review_due="2027-07-01T09:00:00Z",
                ),
                id=EventId("a-second-visit"),
            )
        )
        (known,) = example("closure-proposed").data.model_dump(mode="json")["holds_closed"]
        left = known | {"hold_id": "H-2027-0002", "reason": "The visit is still to come"}
        await story.happens(example("closure-proposed", holds_closed=[known, left]))
        await story.story("closure-authorised")
        await story.acknowledge()

        result = await story.answers.attest(CONCERN, LEO)

        assert isinstance(result, Attested)
        says = "hold H-2027-0002 (H4) is left, and nothing shows that the regulator leaves it"
        assert says in result.attestation.flags


async def test_M102_only_a_leo_of_the_host_confirms() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.acknowledge()

        assert isinstance(await story.answers.attest(CONCERN, CHAIR), NotYours)
        assert await story.answers.attest(CONCERN, OTHER) == NotFound()
        assert await story.answers.attest(ConcernId("nothing"), LEO) == NotFound()
        assert (await story.record()).attestation is None


async def test_M102_another_agencys_code_does_not_speak_for_this_one() -> None:
    async with rosewood(*TO_THE_END) as story:
        cqc = (await story.notice_to(CQC, "closure-notice")).notice
        surrey = (await story.notice_to(SURREY_PLACING, "closure-notice")).notice

        result = await story.answers.acknowledge_by_code(
            cqc.id, "Ada Byrne", "Manager", surrey.ack_code
        )

        assert result == CodeRefused()
        assert AgencyId("regulator:cqc") == cqc.party.agency


class MovesOnce:
    """A register in which something happens between the reading and the writing, once."""

    def __init__(self, story: Rosewood, event: Event) -> None:
        self._story, self._event = story, event
        self.reads = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._story.register, name)

    def as_reader(self, _: AgencyId | None) -> MovesOnce:
        return self

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        record = await self._story.register.concern(concern)
        self.reads += 1
        if self.reads == 1:
            await self._story.happens(self._event)
        return record


async def test_M102_what_changes_while_the_leo_confirms_is_judged_again() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.acknowledge()
        again = replace(example("closure-authorised"), id=EventId("authorised-again"))
        moving = MovesOnce(story, again)
        story.answers.register = moving  # type: ignore[assignment]  # it is one, by delegation

        result = await story.answers.attest(CONCERN, LEO)

        assert moving.reads == 2
        assert isinstance(result, NotYet)
        assert CQC in {gap.party for gap in result.gaps}
        assert (await story.record()).attestation is None
