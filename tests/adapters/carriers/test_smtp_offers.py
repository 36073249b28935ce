"""A relay that offers less today than yesterday: what is asked for, recorded, and not promised."""

import pytest

from hub.notice import Accepted, Deferred, Outcome, Refused
from tests.adapters.carriers.ground import MAIL, leased, mailboxes
from tests.adapters.carriers.relay import OFFERED, Relay, relaying

DUTY = mailboxes("duty@agency.test")
EIGHT_BIT = MAIL + "Cafés\r\n".encode()
ALL = (*OFFERED, "SMTPUTF8")


def said(outcome: Outcome) -> dict[str, str]:
    return dict(outcome.evidence)


def without(name: str) -> tuple[str, ...]:
    return tuple(word for word in ALL if not word.startswith(name))


async def one_after_another(
    relay: Relay, *bodies: bytes, where: str = "duty@agency.test"
) -> list[Outcome]:
    """Carry each on a connection of its own: the relay hangs up after the first."""
    relay.ends, relay.how = "after", "fin"
    async with relaying(relay) as (carrier, _):
        return [await carrier.carry(leased(body), mailboxes(where)) for body in bodies]


@pytest.mark.parametrize("lost", ["DSN", "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING"])
async def test_what_one_connection_offers_and_the_next_does_not_is_recorded_of_each_try(
    lost: str,
) -> None:
    relay = Relay(offered=ALL, later=without(lost))

    first, second = await one_after_another(relay, MAIL, MAIL)

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert relay.calls == 2
    assert said(first)["offered"] == "8BITMIME, DSN, PIPELINING, SIZE 102400000, SMTPUTF8"
    assert "not offered" not in said(first)
    assert lost not in said(second)["offered"]
    assert said(second)["not offered"] == lost


async def test_a_receipt_that_was_not_asked_for_is_not_said_to_have_been() -> None:
    relay = Relay(offered=ALL, later=without("DSN"))

    first, second = await one_after_another(relay, MAIL, MAIL)

    assert said(first)["dsn"] == "asked for"
    assert said(second)["dsn"] == "not offered"
    mails = [line for line in relay.heard if line.startswith("MAIL")]
    recipients = [line for line in relay.heard if line.startswith("RCPT")]
    assert "ENVID=" in mails[0]
    assert "NOTIFY=" in recipients[0]
    assert "ENVID=" not in mails[1]
    assert recipients[1] == "RCPT TO:<duty@agency.test>"


@pytest.mark.parametrize(
    ("point", "asked"),
    [("MAIL", None), ("RCPT", "asked for"), ("DATA", "asked for"), ("dot", "asked for")],
)
async def test_who_was_refused_before_the_recipient_was_named_has_asked_for_nothing(
    point: str, asked: str | None
) -> None:
    refused = Relay(answers={point: "450 4.3.2 Not now"})
    dropped = Relay(ends=point)

    for relay in (refused, dropped):
        async with relaying(relay) as (carrier, _):
            outcome = await carrier.carry(leased(MAIL), DUTY)

        assert said(outcome).get("dsn") == asked
        assert "DSN" in said(outcome)["offered"]


@pytest.mark.parametrize(
    ("body", "where", "lost"),
    [
        (EIGHT_BIT, "duty@agency.test", "8BITMIME"),
        (MAIL, "bücher@agency.test", "SMTPUTF8"),
    ],
)
async def test_what_a_mail_needs_and_this_connection_lacks_sends_nothing_and_another_is_opened(
    body: bytes, where: str, lost: str
) -> None:
    relay = Relay(offered=without(lost), later=ALL)
    async with relaying(relay) as (carrier, _):
        lacking = await carrier.carry(leased(body), mailboxes(where))
        sent_then = list(relay.heard)
        after = await carrier.carry(leased(body), mailboxes(where))

    assert isinstance(lacking, Deferred)
    assert lacking.configuration
    assert lost in lacking.detail
    assert lost in said(lacking)["not offered"]
    assert "dsn" not in said(lacking)
    assert [line.split()[0] for line in sent_then] == ["EHLO"]
    assert isinstance(after, Accepted)
    assert relay.calls == 2


@pytest.mark.parametrize("most", [1, len(MAIL) - 1])
async def test_a_mail_that_is_larger_than_the_relay_takes_is_known_before_it_is_begun(
    most: int,
) -> None:
    relay = Relay(offered=(f"SIZE {most}", "DSN"), later=ALL)
    async with relaying(relay) as (carrier, _):
        first = await carrier.carry(leased(MAIL), DUTY)
        sent_then = list(relay.heard)
        second = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(first, Deferred)
    assert first.configuration
    assert f"{len(MAIL)} octets, and the relay takes {most} at most" in first.detail
    assert said(first)["offered"] == f"DSN, SIZE {most}"
    assert [line.split()[0] for line in sent_then] == ["EHLO"]
    assert isinstance(second, Accepted)


@pytest.mark.parametrize(
    "offer", ["SIZE", "SIZE 0", f"SIZE {len(MAIL)}", "SIZE many", "SIZE -1", f"SIZE {'9' * 5000}"]
)
async def test_a_size_that_is_none_or_is_enough_stops_nothing(offer: str) -> None:
    relay = Relay(offered=(offer,))
    async with relaying(relay) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Accepted)
    assert f"SIZE={len(MAIL)}" in relay.heard[1]
    assert len(said(outcome)["offered"]) <= 30


async def test_a_relay_that_refuses_the_size_after_all_is_heard() -> None:
    relay = Relay(answers={"MAIL": "552 5.3.4 Too large"})
    async with relaying(relay) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Refused)
    assert said(outcome)["enhanced"] == "5.3.4"
    assert relay.mails == []


async def test_what_is_offered_in_any_case_and_with_words_behind_it_is_understood() -> None:
    relay = Relay(offered=("dsn", "Size 5000000", "8bitmime ", "X-\x01 \x02"))
    async with relaying(relay) as (carrier, _):
        outcome = await carrier.carry(leased(EIGHT_BIT), DUTY)

    assert isinstance(outcome, Accepted)
    assert said(outcome)["offered"] == "8BITMIME, DSN, SIZE 5000000"
    assert said(outcome)["dsn"] == "asked for"
