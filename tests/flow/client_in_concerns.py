"""What clients ask of concerns, closure and notices."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from hub import api
from hub.client import Refused
from hub.figures import Report
from hub.repeat import Why
from hub.vocabulary import DeclinedBecause, HoldKind, PublisherId, Role
from tests.flow.client_asked import Hub, Noting, answers
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    EXAMPLES,
    LEO,
    SURREY,
    TO_THE_END,
    rosewood,
    served,
)
from tests.flow.test_amending import HOLD
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_api_reading import OF_SURREY
from tests.flow.test_every_look import AUDITOR
from tests.flow.test_figures import measured
from tests.flow.test_openapi import whole
from tests.flow.test_releases import WHY, held_from_surrey
from tests.flow.test_reply_confirmed import MAIL, replied
from tests.flow.test_signed_closure import OURS


@answers(
    *("read_work", "read_handover", "list_concerns", "read_concern", "read_board"),
    *("read_timeline", "read_sent_notice", "read_evidence", "list_replies", "list_unclaimed_mail"),
    *("list_contacts", "read_figures", "list_held", "read_held", "review_closure", "list_events"),
    *("list_failed", "list_quarantine", "list_own_sessions", "read_rules"),
)
async def a_lead_enquiry_officer_reads(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        await replied(story)

        async def report() -> Report:
            return await measured(story)

        async with served(story, figures=report), on.by_key(story, LEO) as hub:
            work, handed = await hub.read_work(), await hub.read_handover()
            ids = [one.id async for one in hub.list_concerns()]
            concern, board = await hub.read_concern(CONCERN), await hub.read_board(CONCERN)
            entries = [one async for one in hub.read_timeline(CONCERN)]
            notice = next(n.id for party in board.parties for n in party.notices)
            sent = await hub.read_sent_notice(CONCERN, notice)
            proof = await hub.read_evidence(CONCERN, sent.deliveries[0].id)
            replies = await hub.list_replies(CONCERN)
            events = await hub.list_events(CONCERN)
            held, here = [one async for one in hub.list_held()], await hub.read_held(CONCERN)
            lacks, rules = await hub.review_closure(CONCERN), await hub.read_rules()
            contacts, figures = await hub.list_contacts(), await hub.read_figures()
            failed = [one async for one in hub.list_failed()]
            unclaimed, kept = await hub.list_unclaimed_mail(), await hub.list_quarantine()
            sessions = await hub.list_own_sessions()

    assert (ids, concern.id, board.concern) == ([CONCERN], CONCERN, CONCERN)
    assert {task.of.id for task in work.tasks} == {CONCERN}
    assert len(work.tasks) == work.of
    assert handed.busy[0].safety.of.reference == concern.reference
    assert (sent.id, proof.notice, proof.delivery) == (notice, notice, sent.deliveries[0])
    assert proof.receipts[-1].rung is not None
    assert [one.mail for one in replies.replies] == [MAIL]
    assert events.events[0].name == "concern.opened"
    assert held[0].held == here.held
    assert lacks.gaps
    assert entries
    assert contacts.contacts
    assert figures.figures
    assert rules.chapters
    assert (failed, unclaimed.mails, kept.messages, sessions.sessions) == ([], (), (), ())


@answers(
    *("record_call", "take_in_hand", "chase_answer", "replay", "read_reply", "stop_telling"),
    *("read_concern", "read_board"),
)
async def a_lead_enquiry_officer_acts(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        await replied(story)
        await story.clock.advance(timedelta(minutes=1))
        notice, now = await alert_to_surrey(story), story.clock.now()
        async with served(story), on.by_key(story, LEO) as hub:
            concern = await hub.read_concern(CONCERN)
            owed = next(one.id for one in concern.owed if one.notice == notice.id)
            taken = await hub.take_in_hand(
                CONCERN, owed, api.TakeInHand(minutes=30), once="t", seen=concern
            )
            with pytest.raises(Refused) as older:
                await hub.take_in_hand(
                    CONCERN, owed, api.TakeInHand(minutes=30), once="u", seen=concern
                )
            board = await hub.read_board(CONCERN)
            dry = await hub.chase_answer(CONCERN, notice.id, api.Chasing(), once="c", seen=board)
            again = await hub.replay(CONCERN, api.Replaying(why=Why.LOST), once="r")
            read = api.MailRead(means="acknowledged", name="Ada Byrne", role="Duty manager")
            means = await hub.read_reply(CONCERN, MAIL, read, once="m")
            call = api.Call(name="Ada Byrne", role="Duty manager", how="she rang us", at=now)
            told = await hub.record_call(CONCERN, notice.id, call, once="k")
            party = api.PartyNamed(agency=SURREY, role=Role.PLACING_AUTHORITY)
            stop = api.Stopping(party=party, kind=HoldKind.H3, reason="Her brother works there")
            stopped = await hub.stop_telling(CONCERN, stop, once="s")

    assert taken.obligation == owed
    assert older.value.problem.status == 412
    assert dry.chased_at is None
    assert (again.replay, again.meant > 0) == (None, True)
    assert means.answer is not None
    assert told.notice == notice.id
    assert stopped.hold


@answers("confirm_closure", "read_confirmation", "read_closure_pack", "read_keys", "read_board")
async def closure_is_confirmed_and_taken_away(on: Hub) -> None:
    async with rosewood(*TO_THE_END) as story, served(story, signer=OURS):
        story.answers.signer = OURS
        await story.sent()
        await story.acknowledge()
        async with on.by_key(story, LEO) as hub:
            board = await hub.read_board(CONCERN)
            made = await hub.confirm_closure(CONCERN, api.Confirmation(), once="c", seen=board)
            signed = await hub.read_confirmation(CONCERN)
            pack, keys = await hub.read_closure_pack(CONCERN), await hub.read_keys()

    assert signed.statement["id"] == made.id
    assert signed.key["kid"] in {one["kid"] for one in keys.keys}
    assert ZipFile(BytesIO(pack)).testzip() is None


@answers("list_audited", "read_audited")
async def an_auditor_reads(on: Hub) -> None:
    async with rosewood(*TO_THE_END) as story, served(story), on.by_key(story, AUDITOR) as hub:
        (listed,) = [one async for one in hub.list_audited()]
        whole = await hub.read_audited(listed.name)

    assert (whole.name, whole.provider) == (listed.name, listed.provider)
    assert len(whole.done) == whole.of
    assert whole.of > 100, "more than one page"


@answers("ask_release", "decide_release", "read_held", "end_own_sessions", "list_own_sessions")
async def two_people_release(on: Hub) -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        async with (
            on.in_person(story, browser, LEO) as leo,
            on.in_person(story, browser, CHAIR) as chair,
            on.in_person(story, browser, LEO),
        ):
            (placed,) = (await leo.read_held(CONCERN)).placed
            dry = await leo.ask_release(CONCERN, api.Releasing(hold=placed.hold))
            ask = api.Releasing(hold=placed.hold, reason=WHY, sha256=dry.sha256, dry_run=False)
            asked = await leo.ask_release(CONCERN, ask)
            (waits,) = (await chair.read_held(CONCERN)).asked
            yes = api.Deciding(answer=api.Answer.AGREE, sha256=asked.sha256, dry_run=False)
            done = await chair.decide_release(CONCERN, waits.request, yes)
            own = await leo.list_own_sessions()
            ended = await leo.end_own_sessions(api.EndOwn(which="all"))

    assert placed.hold == HOLD
    assert dry.would
    assert (waits.request, done.became) == (asked.request, "agreed")
    assert (len(own.sessions), ended.ended) == (2, 1)


@answers(
    *("list_notices", "read_notice", "acknowledge_notice", "decline_notice", "publish_event"),
    "list_own_contacts",
)
async def an_agency_answers_and_a_case_system_publishes(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        doors = whole(story) | {"publisher_for": {"wscc-key": PublisherId("wscc")}.get}
        async with served(story, **doors):
            async with on.by_key(story, OF_SURREY) as hub:
                ids = [one.id async for one in hub.list_notices()]
                shown = await hub.read_notice(ids[0])
                own = await hub.list_own_contacts()
                said = api.Acknowledge(reference=shown.reference)
                made = await hub.acknowledge_notice(ids[0], said, once="a")
                left = DeclinedBecause.WRONG_CONTACT
                no = api.Decline(reference=shown.reference, because=left, reason="left")
                declined = await hub.decline_notice(ids[0], no, once="d")
            async with Noting(story.base, "wscc-key", on.asked) as system:
                event = (EXAMPLES / "meeting-scheduled.json").read_bytes()
                receipt = json.loads(await system.publish_event(event))

    assert made.notice == shown.id
    assert own.contacts
    assert declined.declined_because is left
    assert receipt["concern"] == CONCERN
