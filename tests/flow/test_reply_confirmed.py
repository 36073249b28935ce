"""A reply by mail is an answer once a LEO has said what it means (receipts.md, acknowledgement)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import pytest

from hub.access import Official
from hub.adapters.memory import SequentialMint
from hub.answers import Acknowledged, Declined, Incomplete, NotFound, NotYours
from hub.answers.replies import Reading, SetAside
from hub.bounce import ReturnedMail
from hub.notice import Delivery, Notice
from hub.obligation import Obligation, ObligationKind
from hub.receipt import fold
from hub.returns import Returns
from hub.vocabulary import AckStrength, Channel, DeclinedBecause, Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    LEO,
    OTHER,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey

MAIL: Final = "mail-1"
AGAIN: Final = "mail-1-again"
WORDS: Final = "We have read it. <script>alert(1)</script>\nAda Byrne, duty manager"
READ: Final = Reading(means="acknowledged", name="Ada Byrne", role="Duty manager")
NOT_OURS: Final = Reading(
    means="not for us", name="Ada Byrne", role="Duty manager", reason="We have nobody there"
)


async def replied(story: Rosewood, words: str = WORDS, *, sender: str = "") -> Notice:
    """Surrey answers the mail; the hub has kept its reply, and read whom it is about."""
    await story.sent()
    notice = await alert_to_surrey(story)
    delivery = await mailed(story)
    directory = await story.register.directory()
    mailbox = next(c.address for c in directory.contacts if c.id == delivery.target)
    raw = f"From: {sender or mailbox}\nSubject: Re: {notice.reference}\n\n{words}\n".encode()
    await _comes(story, MAIL, sender or mailbox, raw, delivery)
    return notice


async def returned_again(story: Rosewood) -> None:
    """The same person writes the same once more."""
    kept = await story.register.mail(MAIL)
    assert kept is not None
    await _comes(story, AGAIN, kept.sender, kept.raw, await mailed(story))


async def _comes(story: Rosewood, mail: str, sender: str, raw: bytes, about: Delivery) -> None:
    came = ReturnedMail(
        id=mail,
        sender=sender,
        recipient="b+1@hub.example",
        raw=raw,
        received=story.clock.now(),
    )
    await story.register.keep_mail(came)
    mint = SequentialMint(90_000 + len(raw) + len(mail))
    returns = Returns(
        story.register, story.clock, mint, names=lambda _: about.id, domain="hub.example"
    )
    assert await returns.read_all() == 1


async def mailed(story: Rosewood) -> Delivery:
    record = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
    return next(d for d in record.deliveries if d.channel is Channel.EMAIL)


async def owed(story: Rosewood, notice: Notice) -> list[Obligation]:
    return [o for o in (await story.record()).obligations if o.notice == notice.id]


async def says(story: Rosewood, reading: Reading, who: Official = LEO) -> object:
    return await story.answers.confirm_reply(CONCERN, MAIL, who, reading)


async def test_B04_a_reply_claims_nothing_until_a_leo_has_said_what_it_means() -> None:
    async with rosewood(*OPENING) as story:
        notice = await replied(story)

        kinds = {o.kind for o in await owed(story, notice)}
        assert kinds == {ObligationKind.ANSWER, ObligationKind.PERSON}
        assert await story.acknowledgements() == 0


async def test_B04_a_reply_that_a_leo_confirms_acknowledges_and_the_kept_mail_is_its_evidence() -> (
    None
):
    async with rosewood(*OPENING) as story:
        notice = await replied(story)

        done = await says(story, READ)

        assert isinstance(done, Acknowledged)
        made = done.acknowledgement
        assert (made.strength, made.name) == (AckStrength.REPLY, "Ada Byrne")
        record = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        assert fold(record.receipts).rung is Rung.ACKNOWLEDGED
        kept = await story.register.mail(MAIL)
        (receipt,) = [r for r in record.receipts if r.acknowledgement]
        proof = dict(receipt.evidence)
        assert kept is not None
        assert (proof["mail"], proof["sha256"]) == (MAIL, sha256(kept.raw).hexdigest())
        assert proof["read by"] == LEO.name
        assert proof["sender is a contact of the agency"] == "yes"
        assert await owed(story, notice) == []


async def test_B04_a_reply_from_a_sender_that_nobody_knows_says_so_in_its_evidence() -> None:
    async with rosewood(*OPENING) as story:
        await replied(story, sender="ada.byrne@home.example")

        await says(story, READ)

        record = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        (receipt,) = [r for r in record.receipts if r.acknowledgement]
        assert dict(receipt.evidence)["sender is a contact of the agency"] == "no"


async def test_B04_a_reply_that_it_is_the_wrong_contact_puts_that_mailbox_aside() -> None:
    async with rosewood(*OPENING) as story:
        notice = await replied(story)
        wrong = Reading(
            means="wrong contact", name="Ada Byrne", role="Desk", reason="This is fostering"
        )

        done = await says(story, wrong)

        assert isinstance(done, Declined)
        assert done.declination.because is DeclinedBecause.WRONG_CONTACT
        assert done.declination.strength is AckStrength.REPLY
        (aside,) = await story.leaves("contact.put.aside")
        assert (await mailed(story)).target in aside
        keys = {o.key for o in await owed(story, notice)}
        assert f"mail:{MAIL}" not in keys
        assert f"notice:{notice.id}/declined" in keys


async def test_B04_a_reply_that_answers_nothing_is_set_aside_and_the_answer_stays_owed() -> None:
    async with rosewood(*OPENING) as story:
        notice = await replied(story)

        done = await says(story, Reading(means="no answer"))

        assert done == SetAside(mail=MAIL)
        assert [o.kind for o in await owed(story, notice)] == [ObligationKind.ANSWER]
        assert await story.acknowledgements() == 0
        (said,) = await story.leaves("reply.set.aside")
        assert LEO.id in said
        assert await says(story, READ) == NotFound(), "it waits for nobody any more"


@pytest.mark.parametrize(
    ("reading", "pointer"),
    [
        (Reading(means="acknowledged", name="", role="Manager"), "/name"),
        (Reading(means="acknowledged", name="Ada", role=""), "/role"),
        (Reading(means="not for us", name="Ada", role="Manager"), "/reason"),
        (Reading(means="", name="Ada", role="Manager", reason="none"), "/means"),
    ],
)
async def test_B04_what_is_not_said_whole_acknowledges_nothing(
    reading: Reading, pointer: str
) -> None:
    async with rosewood(*OPENING) as story:
        await replied(story)

        done = await says(story, reading)

        assert isinstance(done, Incomplete)
        assert pointer in {fault.pointer for fault in done.faults}
        assert await story.acknowledgements() == 0


async def test_B06_only_a_leo_of_the_host_says_what_a_reply_means() -> None:
    async with rosewood(*OPENING) as story:
        await replied(story)

        assert await says(story, READ, OTHER) == NotFound()
        assert isinstance(await says(story, READ, CHAIR), NotYours)
        unknown = await story.answers.confirm_reply(CONCERN, "mail-2", LEO, READ)
        assert unknown == NotFound()
        assert await story.acknowledgements() == 0


async def test_B04_an_answer_that_is_on_record_already_still_settles_its_mail() -> None:
    async with rosewood(*OPENING) as story:
        notice = await replied(story)
        await says(story, NOT_OURS)
        await returned_again(story)
        before = {o.key for o in await owed(story, notice)}

        done = await story.answers.confirm_reply(CONCERN, AGAIN, LEO, NOT_OURS)

        assert isinstance(done, Declined)
        assert done.again
        assert f"mail:{AGAIN}" in before
        assert f"mail:{AGAIN}" not in {o.key for o in await owed(story, notice)}
        assert len(await story.leaves("notice.declined")) == 1


async def test_B04_the_board_leads_to_the_reply_which_is_shown_as_text_without_the_code() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        code = (await alert_to_surrey(story)).ack_code
        notice = await replied(story, f"{WORDS}\n> the code {code}")
        path = f"/concerns/{CONCERN}/replies/{MAIL}"
        me = await sign_in(story, browser)

        _, board = await me.get(f"/concerns/{CONCERN}")
        _, page = await me.get(path)
        junk, _ = await me.post(path, {"means": "acknowledged"})
        taken, _ = await me.post(
            path, {"means": "acknowledged", "name": "Ada Byrne", "role": "Duty manager"}
        )
        gone, _ = await me.get(path)
        _, after = await me.get(f"/concerns/{CONCERN}/notices/{notice.id}")

        assert path in board
        assert "We have read it." in page
        assert "<script>alert" not in page
        assert code not in page
        assert (junk, taken, gone) == (422, 303, 404)
        assert "Ada Byrne" in after
        assert "reply: a reply by mail" in after


async def test_B06_another_authoritys_leo_never_sees_a_reply_and_the_chair_answers_none() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await replied(story)
        path = f"/concerns/{CONCERN}/replies/{MAIL}"
        form = {"means": "acknowledged", "name": "Ada Byrne", "role": "Duty manager"}
        other = await sign_in(story, browser, OTHER)
        chair = await sign_in(story, browser, CHAIR)

        seen, _ = await other.get(path)
        sent, _ = await other.post(path, form)
        refused, _ = await chair.post(path, form)

        assert (seen, sent, refused) == (404, 404, 403)
        assert await story.acknowledgements() == 0
