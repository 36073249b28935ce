"""The register's contract: returned mail is kept as it came, and read once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from hub.adapters.register.sql import SqlRegister
from hub.bounce import Filing, Named, ReadAs, ReturnedMail
from hub.leaf import leaf
from hub.notice import Delivery
from hub.obligation import ObligationKind
from hub.page import Discharge, Page
from hub.receipt import fold
from hub.vocabulary import AttemptId, DeliveryId, Lane, Rung, Setback
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import (
    HOST,
    LONG_AGO,
    directory,
    fresh,
    obligation_of,
    opened,
    receipt_of,
    telling,
)

RAW: Final = b"Subject: \xff\x00 back\r\n\r\nraw, \xe2\x80\xae whole\r\n"


def a_mail(**changes: Any) -> ReturnedMail:  # noqa: ANN401 - of any field
    made = {
        "id": fresh("mail"),
        "sender": "",
        "recipient": "b+abc@hub.example",
        "raw": RAW,
        "received": LONG_AGO,
        **changes,
    }
    return ReturnedMail(**made)


async def told(register: SqlRegister) -> tuple[Page, Delivery]:
    event = opened()
    page = telling(event)
    await register.seed(directory())
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return page, page.deliveries[0]


def filing_of(mail: ReturnedMail, delivery: Delivery) -> Filing:
    lost = receipt_of(
        delivery,
        rung=None,
        setback=Setback.LATE_FAILURE,
        at=LONG_AGO + timedelta(minutes=20),
        evidence=(("mail", mail.id),),
    )
    owed = obligation_of(delivery.concern, kind=ObligationKind.REACH, delivery=delivery.id)
    return Filing(
        mail=mail.id,
        read_as=ReadAs.DELIVERY_REPORT,
        concern=delivery.concern,
        receipts=(lost,),
        obligations=(owed,),
        leaves=(leaf("mail.read", LONG_AGO, delivery.concern, mail=mail.id),),
    )


async def test_B04_a_mail_is_kept_byte_for_byte_and_waits_to_be_read(
    register: SqlRegister,
) -> None:
    first, second = a_mail(), a_mail(sender="jo@\ud800surrey.example\x00")

    await register.keep_mail(first)
    await register.keep_mail(second)
    await register.keep_mail(first)

    assert [one.id for one in await register.unread_mail(9)] == [first.id, second.id]
    assert [one.id for one in await register.unread_mail(1)] == [first.id]
    assert await register.mail(first.id) == first
    kept = await register.mail(second.id)
    assert kept is not None
    assert kept.raw == RAW
    assert await register.mail("nobody's") is None


async def test_B04_what_was_read_is_written_whole_and_once(register: SqlRegister) -> None:
    page, delivery = await told(register)
    mail = a_mail()
    await register.keep_mail(mail)
    filing = filing_of(mail, delivery)

    assert await register.file_mail(filing)
    assert not await register.file_mail(filing)

    assert await register.unread_mail(9) == ()
    read = await register.mail(mail.id)
    assert read is not None
    assert (read.read_as, read.raw) == (ReadAs.DELIVERY_REPORT, RAW)
    assert read.read_at is not None
    record = await register.notice(page.notices[0].id)
    assert record is not None
    assert record.receipts == filing.receipts
    assert [o.id for o in await register.unreached(9)] == [filing.obligations[0].id]
    leaves = await look(register, "SELECT concern_id FROM audit_leaf WHERE kind = 'mail.read'")
    assert leaves == [(delivery.concern,)]
    bodies = await look(register, "SELECT concern_id, key_id FROM body WHERE id LIKE 'mail:%'")
    assert bodies == [(delivery.concern, f"concern:{delivery.concern}")]


async def test_B04_what_is_about_nothing_that_is_known_is_read_and_kept(
    register: SqlRegister,
) -> None:
    mail = a_mail()
    await register.keep_mail(mail)

    assert await register.file_mail(Filing(mail=mail.id, read_as=ReadAs.UNREADABLE, concern=None))

    assert await register.unread_mail(9) == ()
    kept = await register.mail(mail.id)
    assert kept is not None
    assert kept.raw == RAW


async def test_B04_every_key_finds_its_delivery_with_its_tries_and_receipts(
    register: SqlRegister,
) -> None:
    _, delivery = await told(register)
    _, other = await told(register)
    leased = await register.lease(
        Lane.STANDARD, limit=9, lease_for=timedelta(minutes=5), worker="w-1"
    )
    tried = next(one for one in leased if one.delivery.id == delivery.id)
    taken = receipt_of(delivery, attempt=tried.attempt)
    await register.receive((taken,), (), ())

    by_address = await register.sent(Named(address=delivery.id))
    by_attempt = await register.sent(Named(attempt=tried.attempt))
    by_all = await register.sent(
        Named(address=delivery.id, attempt=tried.attempt, messages=(other.id, delivery.id))
    )

    (sent,) = by_address
    assert (sent.delivery, sent.host_authority) == (delivery, HOST)
    assert (sent.attempts, sent.receipts) == ((tried.attempt,), (taken,))
    assert fold(sent.receipts).rung is Rung.SUBMITTED
    assert by_attempt == by_address
    assert {one.delivery.id for one in by_all} == {delivery.id, other.id}


async def test_B04_keys_that_nobody_knows_find_nothing(register: SqlRegister) -> None:
    strange = Named(
        address=DeliveryId("x\x00y"), attempt=AttemptId("a"), messages=(DeliveryId("\ud800"),)
    )

    assert await register.sent(strange) == ()
    assert await register.sent(Named()) == ()


async def test_B04_of_two_readers_at_once_one_writes(postgres_registers: Registers) -> None:
    many = [await postgres_registers.open() for _ in range(4)]
    _, delivery = await told(many[0])
    mail = a_mail()
    await many[0].keep_mail(mail)

    wrote = await asyncio.gather(*(r.file_mail(filing_of(mail, delivery)) for r in many))

    assert sum(wrote) == 1
    receipts = await look(many[0], "SELECT count(*) FROM receipt")
    assert receipts == [(1,)]


async def test_a_delivery_that_was_in_doubt_and_came_leaves_the_queue_and_is_accounted_for(
    register: SqlRegister,
) -> None:
    page, delivery = await told(register)
    mail = a_mail()
    await register.keep_mail(mail)
    late = obligation_of(
        page.id,
        kind=ObligationKind.PERSON,
        key=f"notice:{delivery.notice}/{delivery.id}/late",
        notice=delivery.notice,
        delivery=delivery.id,
    )
    async with register.entry() as entry:
        await entry.owe([late])
    came = receipt_of(delivery, rung=Rung.RELAYED, evidence=(("mail", mail.id),))
    filing = Filing(
        mail=mail.id,
        read_as=ReadAs.DELIVERY_REPORT,
        concern=page.id,
        receipts=(came,),
        received=delivery.id,
        discharges=(Discharge(kind=ObligationKind.PERSON, key=late.key),),
        leaves=(leaf("delivery.received", LONG_AGO, page.id, delivery=delivery.id),),
    )

    assert await register.file_mail(filing)

    record = await register.concern(page.id)
    assert record is not None
    assert late.key not in {o.key for o in record.obligations}
    for lane in Lane:
        leased = await register.lease(lane, limit=9, lease_for=timedelta(minutes=1), worker="w")
        assert leased == ()
    assert (await register.depths()).unaccounted == 0
    assert await look(register, "SELECT count(*) FROM stop") == [(0,)], "nobody stopped it"


async def test_what_people_wrote_about_nothing_here_is_found_newest_first_and_nothing_else(
    register: SqlRegister,
) -> None:
    page, _ = await told(register)
    soon = LONG_AGO + timedelta(days=1)
    first, second = a_mail(received=soon), a_mail(received=soon + timedelta(days=1))
    early, machine, ours, unread = (
        a_mail(),
        a_mail(received=soon),
        a_mail(received=soon),
        a_mail(received=soon),
    )
    for mail in (first, second, early, machine, ours, unread):
        await register.keep_mail(mail)
    human = ReadAs.HUMAN_REPLY
    for mail, read_as, concern in (
        (first, human, None),
        (second, ReadAs.UNREADABLE, None),
        (early, human, None),
        (machine, ReadAs.AUTOMATIC_REPLY, None),
        (ours, human, page.id),
    ):
        assert await register.file_mail(Filing(mail=mail.id, read_as=read_as, concern=concern))

    found = await register.unclaimed_mail(soon, 9)
    newest = await register.unclaimed_mail(soon, 1)

    mine = [m.id for m in found if m.id in {first.id, second.id, early.id, machine.id, ours.id}]
    assert mine == [second.id, first.id]
    assert unread.id not in {m.id for m in found}
    assert [m.id for m in newest] == [second.id]
