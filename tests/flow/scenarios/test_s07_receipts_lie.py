"""S7: what a mail server or a webhook says it took is not what somebody has read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.adapters.scripted import DELIVERED
from hub.answers import Attested, NotYet
from hub.concern import Party
from hub.notice import Delivery, Refused, RefusedBecause
from hub.ports import NoticeRecord
from hub.receipt import Receipt, fold
from hub.vocabulary import Channel, ObligationKind, Role, Rung, Setback
from tests import worlds
from tests.flow.scenarios.ending import acknowledge, attested, closes, reviewed
from tests.flow.scenarios.stage import (
    SURREY,
    THE_CQC,
    THE_HOST,
    Play,
    a_play,
    is_a,
    mails_to,
    placed,
)
from tests.flow.scene import running

END: Final = "closure-notice"
THE_SURREY: Final = is_a(SURREY, Role.PLACING_AUTHORITY)
CQC_HOOK: Final = "hook-regulator:cqc-0"
NO_MAILBOX: Final = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)


async def ended(play: Play) -> None:
    """The concern is open, Surrey has adults there, and the Chair has authorised its end."""
    await play.opens()
    await play.says("criminal.status.declared", status="consulted, none", declared_by="DS Nair")
    await play.says(
        "placement.register.declared", placements=[placed(SURREY, "SCC-1")], complete=True
    )
    await play.sent()
    await closes(play)


async def end_of(play: Play, party: Party) -> NoticeRecord:
    """Return the one closure notice of a party, as the register keeps it."""
    (mine,) = [
        each
        for each in (await play.record()).notices
        if each.notice.party == party and each.notice.template == END
    ]
    return mine


def by(record: NoticeRecord, channel: Channel) -> Delivery:
    (delivery,) = [one for one in record.deliveries if one.channel is channel]
    return delivery


def rung_of(record: NoticeRecord, delivery: Delivery) -> Rung:
    return fold(r for r in record.receipts if r.delivery == delivery.id).rung


async def everybody_but(play: Play, *parties: Party) -> None:
    """Everybody else acknowledges the end."""
    told = {n.notice.party for n in (await play.record()).notices if n.notice.template == END}
    await acknowledge(play, END, *(told - {*parties}))


async def bounces(play: Play, delivery: Delivery) -> None:
    """What was taken comes back, as the reader of bounces will write it down."""
    at = play.scene.clock.now()
    late = Receipt(
        notice=delivery.notice,
        delivery=delivery.id,
        attempt=None,
        at=at,
        source="dsn",
        setback=Setback.LATE_FAILURE,
        detail="5.1.1 mailbox does not exist",
    )
    await play.scene.register.receive((late,), (), ())


async def test_S7_B03_a_250_says_no_more_than_that_it_left_us_and_confirms_nothing() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        await everybody_but(play, THE_CQC)

        record = await end_of(play, THE_CQC)

        assert rung_of(record, by(record, Channel.EMAIL)) is Rung.SUBMITTED
        (gap,) = (await reviewed(play)).gaps
        assert (gap.party, gap.waivable) == (THE_CQC, True)
        assert gap.says == (
            "its closure notice is accepted by our mail server; it must be acknowledged"
        )
        assert isinstance(await attested(play), NotYet)


async def test_S7_B03_a_bounce_after_twenty_minutes_takes_the_claim_back() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        await everybody_but(play, THE_CQC)
        await play.pass_time(timedelta(minutes=20))

        before = await end_of(play, THE_CQC)
        mail = by(before, Channel.EMAIL)
        await bounces(play, mail)

        after = await end_of(play, THE_CQC)
        assert (rung_of(before, mail), rung_of(after, mail)) == (Rung.SUBMITTED, Rung.QUEUED)
        assert Setback.LATE_FAILURE in fold(after.receipts).setbacks
        answers = [o for o in await play.owes(ObligationKind.ANSWER) if o.party == THE_CQC]
        assert f"notice:{after.notice.id}" in {o.key for o in answers}
        (gap,) = (await reviewed(play)).gaps
        assert "(late failure)" in gap.says
        assert isinstance(await attested(play), NotYet)


async def test_S7_B03_a_200_of_a_webhook_is_no_answer_and_stays_owed_until_it_is_overdue() -> None:
    async with a_play() as play:
        await ended(play)
        play.scene.hooks.then(CQC_HOOK, *[DELIVERED] * 9)
        await play.sent()
        await everybody_but(play, THE_CQC)

        record = await end_of(play, THE_CQC)

        assert rung_of(record, by(record, Channel.WEBHOOK)) is Rung.DELIVERED
        (gap,) = (await reviewed(play)).gaps
        assert gap.party == THE_CQC
        assert gap.says.endswith("taken by the agency's system; it must be acknowledged")
        (owed,) = [
            o
            for o in await play.owes(ObligationKind.ANSWER)
            if o.key == f"notice:{record.notice.id}"
        ]
        assert owed.required is Rung.ACKNOWLEDGED
        await play.pass_time(owed.due - play.scene.clock.now() + timedelta(seconds=1))
        assert (await play.scene.watch().sweep()).overdue >= 1


async def test_S7_M014_a_refused_mailbox_is_replaced_by_the_deputy_and_it_is_one_notice() -> None:
    async with a_play() as play:
        await ended(play)
        play.scene.mail.then("surrey-safeguarding", *[NO_MAILBOX] * 9)
        async with running(play.scene, play.scene.deliver("w-end"), play.scene.watch()):
            await play.pass_time(timedelta(minutes=1))

        record = await end_of(play, THE_SURREY)

        mails = [one for one in record.deliveries if one.channel is Channel.EMAIL]
        assert [one.target for one in mails] == [
            "surrey-safeguarding",
            "surrey-safeguarding-deputy",
        ]
        assert mails[1].instead_of == mails[0].id
        assert {one.notice for one in mails} == {record.notice.id}
        assert [rung_of(record, one) for one in mails] == [Rung.QUEUED, Rung.SUBMITTED]


async def test_S7_M014_where_no_mailbox_is_left_somebody_at_the_host_must_ring() -> None:
    async with a_play() as play:
        await ended(play)
        for desk in ("surrey-safeguarding", "surrey-safeguarding-deputy"):
            play.scene.mail.then(desk, *[NO_MAILBOX] * 9)
        async with running(play.scene, play.scene.deliver("w-end"), play.scene.watch()):
            await play.pass_time(timedelta(minutes=1))

        end = (await end_of(play, THE_SURREY)).notice.id
        rings = [
            o
            for o in await play.owes(ObligationKind.PERSON)
            if o.notice == end and "nobody is left" in o.says
        ]
        assert [(o.party, SURREY in o.says) for o in rings] == [(THE_HOST, True)]


async def test_S7_M102_closure_is_confirmed_once_it_is_replaced_and_nothing_counts_twice() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        await everybody_but(play, THE_CQC)
        await bounces(play, by(await end_of(play, THE_CQC), Channel.EMAIL))
        assert isinstance(await attested(play), NotYet)

        await acknowledge(play, END, THE_CQC)  # by the webhook's copy: the same notice and code
        made = await attested(play)

        assert isinstance(made, Attested)
        parties = [party for party, _ in made.attestation.reached]
        assert len(parties) == len(set(parties))
        (mine,) = [reached for party, reached in made.attestation.reached if party == THE_CQC]
        assert mine.rung is Rung.ACKNOWLEDGED
        assert Setback.LATE_FAILURE in mine.setbacks
        assert mails_to(await play.sent(), THE_CQC) == []
