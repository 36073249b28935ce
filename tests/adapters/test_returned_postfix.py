"""There and back through a real Postfix: what its reports are worth, by SMTP and by LMTP."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

import pytest
from aiosmtplib import SMTP

from hub.adapters.catcher import MailCatcher
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.inbox import Inbox
from hub.adapters.register import open_register
from hub.adapters.smtp import SmtpCarrier, reply_address, verp_delivery
from hub.bounce import ReadAs, ReturnedMail, sort
from hub.directory import Directory
from hub.escalate import after_outcome
from hub.notice import Delivery
from hub.ports import Completion, NoticeRecord, Register
from hub.receipt import Receipt, fold
from hub.returns import Returns
from hub.vocabulary import Lane, NoticeId, Rung, Setback
from tests.builders import directory, opened, telling
from tests.core.test_bounce_sort import mutated
from tests.servers.postfix import AGENCIES, HUB, Postfix

KEY: Final = b"v" * 32
RELAY: Final = f"mail.{AGENCIES}"
WITHIN: Final = 30
"""Seconds for a mail to come back; it takes two or three where it is delayed."""


class Keeping:
    """A register that says when a mail has been kept."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.kept: asyncio.Queue[ReturnedMail] = asyncio.Queue()

    async def keep_mail(self, mail: ReturnedMail) -> None:
        await self._register.keep_mail(mail)
        self.kept.put_nowait(mail)


@dataclass
class Round:
    """One hub's way out and way back, and the mail server between."""

    register: Register
    carrier: SmtpCarrier
    keeping: Keeping
    inbox: Inbox

    async def send(self, address: str) -> NoticeRecord:
        """Send one notice to this address, and write down what the relay said."""
        event = opened()
        page = telling(event)
        where = to(address)
        await self.register.seed(where)
        async with self.register.entry() as entry:
            await entry.take([event])
            await entry.write(page)
        (leased,) = await self.register.lease(
            Lane.STANDARD, limit=1, lease_for=timedelta(minutes=5), worker="w"
        )
        outcome = await self.carrier.carry(leased, where)
        then = after_outcome(leased, outcome, now=SystemClock().now(), mint=RandomMint())
        done = Completion(
            leased=leased,
            outcome=outcome,
            again_at=then.again_at,
            costs_attempt=then.costs_attempt,
            receipts=then.receipts,
            obligations=then.obligations,
            leaves=then.leaves,
        )
        assert await self.register.complete([done]) == (True,)
        return await self.record(page.notices[0].id)

    async def comes_back(self, *, trusted: tuple[str, ...] = (RELAY,)) -> None:
        """Wait until one mail has come back, and read it."""
        async with asyncio.timeout(WITHIN):
            await self.keeping.kept.get()
        reader = Returns(
            self.register,
            SystemClock(),
            RandomMint(),
            names=partial(verp_delivery, domain=HUB, key=KEY),
            domain=HUB,
            trusted=trusted,
        )
        assert await reader.read_all() == 1

    async def record(self, notice: NoticeId) -> NoticeRecord:
        found = await self.register.notice(notice)
        assert found is not None
        return found


def to(address: str) -> Directory:
    """Return Surrey with one mailbox at this address."""
    whole = directory()
    (agency,), (contact,) = whole.agencies, whole.contacts
    return replace(
        whole,
        agencies=(replace(agency, mail_domains=(AGENCIES,)),),
        contacts=(replace(contact, address=address),),
    )


def last(record: NoticeRecord) -> tuple[Receipt, dict[str, str]]:
    receipt = record.receipts[-1]
    return receipt, dict(receipt.evidence)


def only(record: NoticeRecord) -> Delivery:
    (delivery,) = record.deliveries
    return delivery


@pytest.fixture(params=["smtp", "lmtp"])
async def there_and_back(postfix: Postfix, request: pytest.FixtureRequest) -> AsyncIterator[Round]:
    register = await open_register("sqlite+aiosqlite://")
    keeping, stop = Keeping(register), asyncio.Event()
    carrier = SmtpCarrier(
        f"smtp://{postfix.host}:{postfix.port}", domain=HUB, key=KEY, clock=SystemClock()
    )
    with socket.create_server(("127.0.0.1", 0)) as door:
        inbox = Inbox(
            keeping,  # type: ignore[arg-type]  # it is asked for one thing alone
            SystemClock(),
            RandomMint(),
            door,
            names=partial(verp_delivery, domain=HUB, key=KEY),
            host_name=HUB,
        )
        listening = asyncio.create_task(inbox.run(stop))
        await asyncio.to_thread(postfix.route, HUB, inbox.port, request.param)
        yield Round(register, carrier, keeping, inbox)
        stop.set()
        await listening
    await carrier.close()
    await register.close()


async def test_S7_B04_a_mailbox_that_is_gone_comes_back_and_the_next_contact_is_owed(
    there_and_back: Round,
) -> None:
    sent = await there_and_back.send(f"bounces@{AGENCIES}")
    assert fold(sent.receipts).rung is Rung.SUBMITTED

    await there_and_back.comes_back()

    record = await there_and_back.record(sent.notice.id)
    receipt, evidence = last(record)
    assert (receipt.setback, receipt.rung) == (Setback.LATE_FAILURE, None)
    assert receipt.attempt == sent.receipts[0].attempt
    assert evidence["status"] == "5.1.1"
    assert evidence["diagnostic"].startswith("smtp; 550 5.1.1")
    assert evidence["matched by"].startswith("bounce address, envelope id")
    assert evidence["matched by"].endswith("recipient")
    assert fold(record.receipts).rung is Rung.QUEUED
    (owed,) = await there_and_back.register.unreached(9)
    assert owed.delivery == only(record).id
    kept = await there_and_back.register.mail(evidence["mail"])
    assert kept is not None
    assert b"Content-Type: message/delivery-status" in kept.raw
    spoilt = (sort(mutated(kept.raw, random.Random(seed)), "") for seed in range(300))
    assert all(one.read_as in ReadAs for one in spoilt)


@pytest.mark.parametrize(
    ("trusted", "rung"), [((RELAY.upper() + ".",), Rung.DELIVERED), ((), Rung.SUBMITTED)]
)
async def test_B04_a_mailbox_that_took_it_is_delivered_where_the_server_is_trusted(
    there_and_back: Round, trusted: tuple[str, ...], rung: Rung
) -> None:
    sent = await there_and_back.send(f"duty@{AGENCIES}")

    await there_and_back.comes_back(trusted=trusted)

    record = await there_and_back.record(sent.notice.id)
    receipt, evidence = last(record)
    assert evidence["action"] == "delivered"
    assert evidence["diagnostic"].lower().endswith("delivered to maildir")
    assert receipt.setback is None
    assert fold(record.receipts).rung is rung


async def test_B04_what_was_handed_to_a_server_without_reports_is_relayed_and_no_more(
    there_and_back: Round, postfix: Postfix
) -> None:
    beyond = MailCatcher(dsn=False)
    await beyond.start()
    await asyncio.to_thread(postfix.route, f"gateway@{AGENCIES}", beyond.port)

    sent = await there_and_back.send(f"gateway@{AGENCIES}")
    await there_and_back.comes_back()

    record = await there_and_back.record(sent.notice.id)
    _, evidence = last(record)
    assert (evidence["action"], evidence["trusted"]) == ("relayed", "yes")
    assert fold(record.receipts).rung is Rung.RELAYED
    assert len(beyond.mails) == 1
    await beyond.stop()


async def test_B04_what_a_list_took_is_expanded_and_no_more(there_and_back: Round) -> None:
    sent = await there_and_back.send(f"team@{AGENCIES}")

    await there_and_back.comes_back()

    record = await there_and_back.record(sent.notice.id)
    assert last(record)[1]["action"] == "expanded"
    assert fold(record.receipts).rung is Rung.EXPANDED


async def test_B04_what_waits_is_delayed_beside_what_was_claimed_and_nothing_is_owed_yet(
    there_and_back: Round, postfix: Postfix
) -> None:
    busy = MailCatcher(dsn=False)
    busy.defer(f"slow@{AGENCIES}")
    await busy.start()
    await asyncio.to_thread(postfix.route, f"slow@{AGENCIES}", busy.port)

    sent = await there_and_back.send(f"slow@{AGENCIES}")
    await there_and_back.comes_back()

    record = await there_and_back.record(sent.notice.id)
    assert last(record)[1]["action"] == "delayed"
    assert fold(record.receipts).rung is Rung.SUBMITTED
    assert fold(record.receipts).setbacks == (Setback.DELAYED,)
    assert await there_and_back.register.unreached(9) == ()
    await busy.stop()


async def test_B04_what_is_refused_at_once_never_comes_back(there_and_back: Round) -> None:
    sent = await there_and_back.send(f"refuses@{AGENCIES}")

    assert fold(sent.receipts).setbacks == (Setback.REFUSED,)
    assert len(await there_and_back.register.unreached(9)) == 1
    assert await there_and_back.register.unread_mail(9) == ()


async def test_B04_what_a_person_replies_comes_back_about_the_mail_that_they_read(
    there_and_back: Round, postfix: Postfix
) -> None:
    sent = await there_and_back.send(f"duty@{AGENCIES}")
    await there_and_back.comes_back()
    address = reply_address(only(sent).id, domain=HUB, key=KEY)
    written = f"From: duty@{AGENCIES}\r\nTo: {address}\r\nSubject: Re:\r\n\r\nRead.\r\n"

    async with SMTP(hostname=postfix.host, port=postfix.port, start_tls=False) as client:
        await client.sendmail(f"duty@{AGENCIES}", [address], written)
    await there_and_back.comes_back()

    record = await there_and_back.record(sent.notice.id)
    receipt, evidence = last(record)
    assert evidence["read as"] == ReadAs.HUMAN_REPLY
    assert receipt.delivery == only(record).id
    assert (receipt.rung, receipt.setback) == (None, None)
    assert fold(record.receipts).rung is Rung.DELIVERED
