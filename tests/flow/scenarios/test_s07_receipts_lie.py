"""S7: what a mail server, a webhook, MESH or Notify says it took is not what somebody has read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.adapters.scripted import (
    DELIVERED,
    FETCHED,
    GIVEN_UP,
    IN_THE_INBOX,
    NO_TELEPHONE,
    NOTHING,
    ON_A_TELEPHONE,
    SWITCHED_OFF,
)
from hub.adapters.smtp import verp_address, verp_delivery
from hub.answers import Attested, NotYet
from hub.bounce import ReturnedMail
from hub.concern import Party
from hub.directory import Contact
from hub.notice import Delivery, Refused, RefusedBecause
from hub.ports import NoticeRecord
from hub.receipt import fold
from hub.returns import Returns
from hub.vocabulary import Channel, InfoClass, ObligationKind, Role, Rung, Setback
from tests import worlds
from tests.core import returned as r
from tests.core.packs import directory
from tests.flow.scenarios.ending import acknowledge, attested, closes, reviewed
from tests.flow.scenarios.stage import (
    NHS_SUSSEX,
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
KEY: Final = b"the key of this play"
THE_SURREY: Final = is_a(SURREY, Role.PLACING_AUTHORITY)
THE_ICB: Final = is_a(NHS_SUSSEX, Role.HOST_ICB)
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


async def comes_back(
    play: Play, delivery: Delivery, report: bytes = r.FAILED, sender: str = ""
) -> None:
    """What was taken comes back as a mail, at the bounce address that only this hub can make."""
    mail = ReturnedMail(
        id=f"mail-{next(play.numbers)}",
        sender=sender,
        recipient=verp_address(delivery.id, domain=r.DOMAIN, key=KEY),
        raw=report.replace(r.DELIVERY.encode(), delivery.id.encode()),
        received=play.scene.clock.now(),
    )
    await play.scene.register.keep_mail(mail)
    reader = Returns(
        play.scene.register,
        play.scene.clock,
        play.scene.tools.mint,
        names=lambda address: verp_delivery(address, domain=r.DOMAIN, key=KEY),
        domain=r.DOMAIN,
        trusted=(r.RELAY,),
    )
    assert await reader.read_all() == 1
    lost = b"Action: failed" in report
    assert (reader.counts.read, reader.counts.came_back) == (1, int(lost))


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
        await comes_back(play, mail)

        after = await end_of(play, THE_CQC)
        assert (rung_of(before, mail), rung_of(after, mail)) == (Rung.SUBMITTED, Rung.QUEUED)
        assert Setback.LATE_FAILURE in fold(after.receipts).setbacks
        answers = [o for o in await play.owes(ObligationKind.ANSWER) if o.party == THE_CQC]
        assert f"notice:{after.notice.id}" in {o.key for o in answers}
        assert {o.delivery for o in await play.owes(ObligationKind.REACH)} == {mail.id}
        (gap,) = (await reviewed(play)).gaps
        assert "(late failure)" in gap.says
        assert isinstance(await attested(play), NotYet)


async def test_S7_M014_when_the_mail_comes_back_the_deputy_is_told_at_once() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        await everybody_but(play, THE_SURREY)
        await play.pass_time(timedelta(minutes=20))
        first = by(await end_of(play, THE_SURREY), Channel.EMAIL)

        await comes_back(play, first)
        async with running(play.scene, play.scene.deliver("w-back"), play.scene.watch()):
            await play.pass_time(timedelta(seconds=2))

        record = await end_of(play, THE_SURREY)
        mails = [one for one in record.deliveries if one.channel is Channel.EMAIL]
        assert [(one.target, rung_of(record, one)) for one in mails] == [
            ("surrey-safeguarding", Rung.QUEUED),
            ("surrey-safeguarding-deputy", Rung.SUBMITTED),
        ]
        assert mails[1].instead_of == first.id
        assert await play.owes(ObligationKind.REACH) == []
        assert isinstance(await attested(play), NotYet)


async def test_S7_B04_delayed_then_delivered_then_failed_is_one_story_and_ends_as_failed() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        mail = by(await end_of(play, THE_CQC), Channel.EMAIL)
        rungs = []

        for report in (r.DELAYED, r.DELIVERED, r.FAILED):
            await play.pass_time(timedelta(minutes=10))
            await comes_back(play, mail, report)
            rungs.append(rung_of(await end_of(play, THE_CQC), mail))

        assert rungs == [Rung.SUBMITTED, Rung.DELIVERED, Rung.QUEUED]


async def test_S7_B04_what_a_person_writes_back_is_for_the_host_authority_to_read() -> None:
    async with a_play() as play:
        await ended(play)
        await play.sent()
        record = await end_of(play, THE_CQC)
        mail = by(record, Channel.EMAIL)

        await comes_back(play, mail, r.BY_A_PERSON, "jo.field@surrey.example")

        (owed,) = [o for o in await play.owes(ObligationKind.PERSON) if o.delivery == mail.id]
        assert owed.party == THE_HOST
        assert "somebody replied" in owed.says
        assert rung_of(await end_of(play, THE_CQC), mail) is Rung.SUBMITTED


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
        await comes_back(play, by(await end_of(play, THE_CQC), Channel.EMAIL))
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


# MESH, the NHS's own way.


def of_the_icb() -> Contact:
    """The desk of NHS Sussex, with a mailbox of MESH in place of its mail."""
    desk = next(c for c in directory().contacts if c.id == "sussex-icb")
    return replace(desk, address="mesh:X26OT123")


async def asked_for(play: Play, by: timedelta) -> None:
    """Time passes while MESH is asked what became of things; then what is owed of it is done."""
    async with running(play.scene, play.scene.tracking()):
        await play.pass_time(by)
    async with running(play.scene, play.scene.deliver("w-mesh"), play.scene.watch()):
        await play.pass_time(timedelta(seconds=2))


async def test_S7_what_mesh_took_is_relayed_and_no_more_until_it_says_where_it_is() -> None:
    async with a_play([of_the_icb()]) as play:
        await ended(play)
        await play.sent()
        rungs = []

        for fate in (None, IN_THE_INBOX, FETCHED):
            play.scene.mesh.says = fate
            await asked_for(play, timedelta(hours=2))
            record = await end_of(play, THE_ICB)
            rungs.append(rung_of(record, by(record, Channel.MESH)))

        assert rungs == [Rung.RELAYED, Rung.DELIVERED, Rung.COLLECTED]
        asked = len(play.scene.mesh.asked)
        await asked_for(play, timedelta(days=1))
        assert len(play.scene.mesh.asked) == asked, "what is fetched is asked about no more"
        await everybody_but(play, THE_ICB)
        (gap,) = (await reviewed(play)).gaps
        assert gap.party == THE_ICB
        assert gap.says.endswith("fetched by the agency's system; it must be acknowledged")


async def test_S7_M014_uncollected_for_five_days_it_was_never_there_and_the_deputy_hears() -> None:
    await uncollected(by_its_own_word=False)


async def test_S7_M014_where_mesh_says_that_nobody_fetched_it_the_deputy_is_told() -> None:
    await uncollected(by_its_own_word=True)


async def uncollected(*, by_its_own_word: bool) -> None:
    async with a_play([of_the_icb()]) as play:
        await ended(play)
        await play.sent()
        play.scene.mesh.says = IN_THE_INBOX
        await asked_for(play, timedelta(days=4, hours=23))
        waiting = await end_of(play, THE_ICB)

        if by_its_own_word:
            play.scene.mesh.says = GIVEN_UP
        await asked_for(play, timedelta(hours=3))

        record = await end_of(play, THE_ICB)
        message = by(record, Channel.MESH)
        lost = Setback.LATE_FAILURE if by_its_own_word else Setback.EXPIRED
        assert rung_of(waiting, message) is Rung.DELIVERED
        assert [d.id for d in waiting.deliveries] == [message.id], "until then nobody else"
        assert rung_of(record, message) is Rung.QUEUED
        assert lost in fold(r for r in record.receipts if r.delivery == message.id).setbacks
        mail = by(record, Channel.EMAIL)
        assert (mail.target, mail.instead_of) == ("sussex-icb-deputy", message.id)
        assert rung_of(record, mail) is Rung.SUBMITTED
        assert await play.owes(ObligationKind.REACH) == []
        keys = {o.key for o in await play.owes(ObligationKind.REPLACE_CONTACT)}
        assert "contact:sussex-icb:" in keys


async def test_S7_where_mesh_cannot_be_asked_for_six_days_the_deputy_is_told_to_be_sure() -> None:
    async with a_play([of_the_icb()]) as play:
        await ended(play)
        await play.sent()

        await asked_for(play, timedelta(days=5, hours=22))
        assert len((await end_of(play, THE_ICB)).deliveries) == 1
        await asked_for(play, timedelta(hours=3))

        record = await end_of(play, THE_ICB)
        assert rung_of(record, by(record, Channel.MESH)) is Rung.QUEUED
        assert by(record, Channel.EMAIL).target == "sussex-icb-deputy"


async def test_S7_mesh_is_asked_less_and_less_often() -> None:
    async with a_play([of_the_icb()]) as play:
        await ended(play)
        await play.sent()
        play.scene.mesh.says = IN_THE_INBOX

        await asked_for(play, timedelta(days=2))

        messages = len(play.scene.mesh.carried)
        each = len(play.scene.mesh.asked) / messages
        assert 24 <= each <= 24 * 4, "about once an hour, after the first hours"


# Texts, by GOV.UK Notify.


def telephones() -> list[Contact]:
    """The desk of NHS Sussex and its deputy, with a telephone each in place of their mail."""
    desks = [c for c in directory().contacts if c.id in {"sussex-icb", "sussex-icb-deputy"}]
    return [replace(c, address=f"tel:+44770090012{n}") for n, c in enumerate(desks)]


def texts_of(record: NoticeRecord) -> list[tuple[str, Rung]]:
    """Which telephones were sent a notice, and what may be claimed of each."""
    return [(str(d.target), rung_of(record, d)) for d in record.deliveries]


async def test_S7_a_text_says_that_a_message_waits_and_what_is_more_is_held() -> None:
    async with a_play(telephones()) as play:
        await ended(play)

        await play.sent()

        texts = [one for one in play.scene.texts.carried if one.delivery.party == THE_ICB]
        assert {one.where for one in texts} == {"tel:+447700900120"}
        assert {info for one in texts for info in one.delivery.classes} == {InfoClass.PROCESS}
        reference = (await end_of(play, THE_ICB)).notice.reference
        assert {json.loads(one.delivery.body)["message"].partition(".")[0] for one in texts} == {
            f"A message about reference {reference} is waiting for you"
        }
        codes = {n.notice.ack_code for n in (await play.record()).notices}
        assert not [c for c in codes if any(c.encode() in one.delivery.body for one in texts)]
        owed = await play.owes(ObligationKind.REPLACE_CONTACT)
        assert any("accredited for" in o.says and NHS_SUSSEX in o.says for o in owed)


async def test_S7_what_notify_calls_delivered_is_relayed_and_must_still_be_acknowledged() -> None:
    async with a_play(telephones()) as play:
        await ended(play)
        await play.sent()
        rungs = []

        for fate in (None, NOTHING, ON_A_TELEPHONE):
            play.scene.texts.says = fate
            await asked_for(play, timedelta(hours=1))
            record = await end_of(play, THE_ICB)
            rungs.append(rung_of(record, record.deliveries[0]))

        assert rungs == [Rung.SUBMITTED, Rung.SUBMITTED, Rung.RELAYED]
        asked = len(play.scene.texts.asked)
        await asked_for(play, timedelta(hours=1))
        assert len(play.scene.texts.asked) == asked, "no more can be learnt of it"
        await everybody_but(play, THE_ICB)
        held, unanswered = (await reviewed(play)).gaps
        assert (held.party, unanswered.party) == (THE_ICB, THE_ICB)
        assert held.says == "still held from it: themes"
        assert unanswered.says.endswith("gateway; it must be acknowledged")
        assert isinstance(await attested(play), NotYet)


async def test_S7_M014_where_there_is_no_such_telephone_the_deputy_gets_a_text_at_once() -> None:
    async with a_play(telephones()) as play:
        await ended(play)
        await play.sent()

        play.scene.texts.says = NO_TELEPHONE
        await asked_for(play, timedelta(minutes=20))

        record = await end_of(play, THE_ICB)
        assert texts_of(record)[:2] == [
            ("sussex-icb", Rung.QUEUED),
            ("sussex-icb-deputy", Rung.SUBMITTED),
        ]
        assert record.deliveries[1].instead_of == record.deliveries[0].id
        assert Setback.LATE_FAILURE in fold(record.receipts).setbacks
        keys = {o.key for o in await play.owes(ObligationKind.REPLACE_CONTACT)}
        assert "contact:sussex-icb:" in keys


async def test_S7_M014_a_telephone_that_is_switched_off_is_passed_by_and_not_called_dead() -> None:
    async with a_play(telephones()) as play:
        await ended(play)
        await play.sent()

        play.scene.texts.says = SWITCHED_OFF
        await asked_for(play, timedelta(minutes=20))

        record = await end_of(play, THE_ICB)
        assert [target for target, _ in texts_of(record)] == ["sussex-icb", "sussex-icb-deputy"]
        keys = {o.key for o in await play.owes(ObligationKind.REPLACE_CONTACT)}
        assert "contact:sussex-icb:" not in keys


async def test_S7_where_nobody_can_tell_of_a_text_in_three_days_the_deputy_gets_one() -> None:
    async with a_play(telephones()) as play:
        await ended(play)
        await play.sent()

        await asked_for(play, timedelta(hours=73))
        before = texts_of(await end_of(play, THE_ICB))
        await asked_for(play, timedelta(hours=2))

        record = await end_of(play, THE_ICB)
        assert before[0] == ("sussex-icb", Rung.SUBMITTED)
        assert texts_of(record)[0] == ("sussex-icb", Rung.QUEUED)
        lost = fold(r for r in record.receipts if r.delivery == record.deliveries[0].id)
        assert lost.setbacks == (Setback.EXPIRED,)
        assert "sussex-icb-deputy" in [target for target, _ in texts_of(record)]
