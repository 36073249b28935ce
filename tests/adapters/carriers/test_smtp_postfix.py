"""Email through a real Postfix: the bytes that arrive are the bytes that were stored."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from hub.adapters.clock import SystemClock
from hub.adapters.smtp import SmtpCarrier, verp_delivery
from hub.notice import Accepted, Deferred, Refused, RefusedBecause
from hub.vocabulary import Rung
from tests.adapters.carriers.ground import MAIL, VERP_KEY, leased, mailboxes
from tests.servers.postfix import Mail, Postfix

CONNECTED = re.compile(r": connect from ")


@pytest.fixture
async def carrier(postfix: Postfix) -> AsyncIterator[SmtpCarrier]:
    made = SmtpCarrier(
        f"smtp://{postfix.host}:{postfix.port}",
        domain="hub.test",
        key=VERP_KEY,
        clock=SystemClock(),
    )
    yield made
    await made.close()


def to_the(recipient: str, mails: list[Mail]) -> list[bytes]:
    return [mail.raw for mail in mails if mail.recipient == recipient]


def below_the_servers_headers(raw: bytes) -> bytes:
    """What stands from our first header on; Postfix keeps mail with bare line feeds."""
    return raw[raw.index(b"From: Safeguarding") :].replace(b"\n", b"\r\n")


async def test_B04_stored_bytes_arrive_unchanged_below_the_headers_postfix_adds(
    carrier: SmtpCarrier, postfix: Postfix
) -> None:
    work = leased(MAIL)

    outcome = await carrier.carry(work, mailboxes("duty@agency.test"))

    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.SUBMITTED
    (raw,) = to_the("duty@agency.test", await postfix.arrived(1))
    assert below_the_servers_headers(raw) == MAIL
    assert dict(outcome.evidence)["queue id"] in postfix.log
    assert dict(outcome.evidence)["dsn"] == "asked for"


async def test_a_mailbox_that_is_not_there_is_refused_in_the_dialogue(
    carrier: SmtpCarrier,
) -> None:
    outcome = await carrier.carry(leased(MAIL), mailboxes("refuses@agency.test"))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.ADDRESS
    assert dict(outcome.evidence)["enhanced"] == "5.1.1"


async def test_a_mailbox_that_is_busy_is_put_off(carrier: SmtpCarrier) -> None:
    outcome = await carrier.carry(leased(MAIL), mailboxes("later@agency.test"))

    assert isinstance(outcome, Deferred)
    assert dict(outcome.evidence)["code"] == "450"


async def test_a_real_relay_is_asked_in_one_piece_and_its_answers_are_each_their_own(
    carrier: SmtpCarrier, postfix: Postfix
) -> None:
    before = len(CONNECTED.findall(postfix.log))
    refused = await carrier.carry(leased(MAIL), mailboxes("refuses@agency.test"))
    busy = await carrier.carry(leased(MAIL), mailboxes("later@agency.test"))
    taken = await carrier.carry(leased(MAIL), mailboxes("duty@agency.test"))

    assert isinstance(refused, Refused)
    assert isinstance(busy, Deferred)
    assert isinstance(taken, Accepted)
    for outcome in (refused, busy):
        found = dict(outcome.evidence)
        assert found["in one piece"] == "MAIL, RCPT, DATA"
        assert found["answer to MAIL"].startswith("250 2.1.0")
        assert found["answer to DATA"].startswith("554 5.5.1")
    assert "in one piece" not in dict(taken.evidence)
    await postfix.arrived(1)
    assert len(CONNECTED.findall(postfix.log)) == before + 1


@pytest.mark.parametrize("where", ["duty", "refuses", "later"])
async def test_what_a_real_relay_is_asked_in_one_piece_or_one_by_one_comes_to_the_same(
    where: str, carrier: SmtpCarrier, postfix: Postfix
) -> None:
    plain = SmtpCarrier(
        f"smtp://{postfix.host}:{postfix.port}",
        domain="hub.test",
        key=VERP_KEY,
        clock=SystemClock(),
        pipelining=False,
    )
    mailbox = mailboxes(f"{where}@agency.test")

    together = await carrier.carry(leased(MAIL), mailbox)
    one_by_one = await plain.carry(leased(MAIL), mailbox)
    await plain.close()

    assert type(together) is type(one_by_one)
    for key in ("phase", "code", "enhanced", "dsn", "offered"):
        assert dict(together.evidence)[key] == dict(one_by_one.evidence)[key]
    assert "in one piece" not in dict(one_by_one.evidence)


async def test_a_hundred_mails_at_once_arrive_once_each(
    carrier: SmtpCarrier, postfix: Postfix
) -> None:
    bodies = [MAIL + f"Number {number}\r\n".encode() for number in range(100)]
    where = mailboxes("duty@agency.test")

    outcomes = await asyncio.gather(*(carrier.carry(leased(body), where) for body in bodies))

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    # Each is followed by the word of its success, which was asked for.
    mails = to_the("duty@agency.test", await postfix.arrived(200))
    assert sorted(below_the_servers_headers(raw) for raw in mails) == sorted(bodies)


async def test_a_bounce_comes_back_to_the_address_that_names_the_delivery(
    carrier: SmtpCarrier, postfix: Postfix
) -> None:
    work = leased(MAIL)

    await carrier.carry(work, mailboxes("bounces@agency.test"))

    (bounce,) = await postfix.arrived(1)
    assert verp_delivery(bounce.recipient, domain="hub.test", key=VERP_KEY) == work.delivery.id
    assert f"Original-Envelope-Id: {work.attempt}".encode() in bounce.raw
    assert b"Original-Recipient: rfc822;bounces@agency.test" in bounce.raw


async def test_a_relay_that_is_gone_and_comes_back_takes_the_same_mail(
    carrier: SmtpCarrier, postfix: Postfix
) -> None:
    work, where = leased(MAIL), mailboxes("duty@agency.test")
    await carrier.carry(leased(MAIL), where)

    postfix.kill()
    away = await carrier.carry(work, where)
    line = await carrier.ready()
    postfix.start()
    back = await carrier.carry(work, where)

    assert isinstance(away, Deferred)
    assert line is not None
    assert "\n" not in line
    assert isinstance(back, Accepted)
    assert await carrier.ready() is None
