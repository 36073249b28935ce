"""Criminal Justice Secure Mail: its own gateway or nothing, and no more claimed than it said."""

from __future__ import annotations

import pytest

from hub.adapters.catcher import MailCatcher
from hub.adapters.no_way import NoWay
from hub.adapters.smtp import SmtpCarrier
from hub.directory import Directory
from hub.notice import Accepted, Deferred, Refused, RefusedBecause
from hub.vocabulary import Channel, Rung
from tests.adapters.carriers.ground import MAIL, VERP_KEY, StandingClock, leased, mailboxes

DESK = "public-protection@police.test.cjsm.net"
SECURE = mailboxes(DESK)
PLAIN = mailboxes("duty@agency.test")


def carrier(url: str, channel: Channel) -> SmtpCarrier:
    return SmtpCarrier(url, domain="hub.test", key=VERP_KEY, clock=StandingClock(), channel=channel)


@pytest.mark.parametrize(
    ("address", "channel"),
    [
        ("x@police.test.cjsm.net", Channel.CJSM),
        ("x@CJSM.NET", Channel.CJSM),
        ("x@police.test.cjsm.net.", Channel.CJSM),
        ("x@police.test", Channel.EMAIL),
        ("x@notcjsm.net", Channel.EMAIL),
        ("x@cjsm.net.example", Channel.EMAIL),
    ],
)
def test_a_mailbox_is_reached_by_what_its_address_says(address: str, channel: Channel) -> None:
    (contact,) = mailboxes(address).contacts

    assert contact.channel is channel
    (role, *_) = contact.roles
    assert Directory(contacts=(contact,)).reachable(contact.agency, role) == {channel}


@pytest.mark.parametrize(("way", "directory"), [(Channel.EMAIL, SECURE), (Channel.CJSM, PLAIN)])
async def test_a_mailbox_that_moved_to_another_way_is_not_written_to_by_the_old_one(
    way: Channel, directory: Directory
) -> None:
    relay = MailCatcher()
    await relay.start()
    sent = carrier(relay.url, way)
    try:
        outcome = await sent.carry(leased(MAIL, channel=way), directory)
    finally:
        await sent.close()
        await relay.stop()

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.EGRESS, "no fault of the mailbox"
    assert relay.mails == []


async def test_what_the_gateway_takes_is_relayed_and_never_delivered() -> None:
    gateway = MailCatcher()
    await gateway.start()
    sent = carrier(gateway.url, Channel.CJSM)
    try:
        outcome = await sent.carry(leased(MAIL, channel=Channel.CJSM), SECURE)
    finally:
        await sent.close()
        await gateway.stop()

    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.RELAYED
    assert outcome.detail.startswith("accepted by the Secure Mail gateway")
    assert [list(mail.recipients) for mail in gateway.mails] == [[DESK]]


async def test_where_no_gateway_is_set_it_waits_and_a_person_is_to_put_it_right() -> None:
    nowhere = NoWay("Secure Mail", setting="HUB_CJSM_URL", clock=StandingClock())

    outcome = await nowhere.carry(leased(MAIL, channel=Channel.CJSM), SECURE)

    assert isinstance(outcome, Deferred)
    assert (outcome.ours, outcome.configuration) == (True, True)
    assert "HUB_CJSM_URL" in outcome.detail
    assert await nowhere.ready() is None
