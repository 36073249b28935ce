"""Email under cover: TLS verified or nothing sent, the sign-in, and the relay's URL."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.adapters.catcher import MailCatcher
from hub.adapters.smtp import Patience, RelayUrlFault, SmtpCarrier, relay_at
from hub.adapters.smtp.relay import Cover
from hub.notice import Accepted, Deferred, Outcome
from hub.vocabulary import HubError
from tests.adapters.carriers.ground import MAIL, VERP_KEY, StandingClock, leased, mailboxes
from tests.adapters.carriers.peers import Wire, peer
from tests.servers.papers import Papers, papers

DUTY = mailboxes("duty@agency.test")
QUICK = Patience(connect=5, farewell=1)


def covering(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


@asynccontextmanager
async def relay(made: Papers, how: str) -> AsyncIterator[MailCatcher]:
    context = covering(made.chain)
    catcher = MailCatcher(
        starttls=context if how == "starttls" else None, tls=context if how == "tls" else None
    )
    await catcher.start()
    try:
        yield catcher
    finally:
        await catcher.stop()


async def carried(url: str, authority: Path | None, patience: Patience = QUICK) -> Outcome:
    carrier = SmtpCarrier(
        url,
        domain="hub.test",
        key=VERP_KEY,
        clock=StandingClock(),
        ca_file=authority,
        patience=patience,
    )
    try:
        return await carrier.carry(leased(MAIL), DUTY)
    finally:
        await carrier.close()


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_a_verified_relay_takes_the_mail_under_tls(how: str, tmp_path: Path) -> None:
    made = papers(tmp_path, "127.0.0.1")
    async with relay(made, how) as catcher:
        outcome = await carried(catcher.url, made.authority)

    assert isinstance(outcome, Accepted)
    assert dict(outcome.evidence)["tls"] in {"TLSv1.2", "TLSv1.3"}
    assert dict(outcome.evidence)["cipher"]
    assert [mail.covered for mail in catcher.mails] == [True]
    assert catcher.mails[0].content == MAIL


@pytest.mark.parametrize("how", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["expired", "another host's", "unknown authority"])
async def test_a_certificate_that_is_not_good_sends_nothing_and_raises_a_fault(
    how: str, wrong: str, tmp_path: Path
) -> None:
    host = "other.test" if wrong == "another host's" else "127.0.0.1"
    made = papers(tmp_path, host, expired=wrong == "expired")
    async with relay(made, how) as catcher:
        outcome = await carried(
            catcher.url, None if wrong == "unknown authority" else made.authority
        )

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert "certificate" in outcome.detail
    assert catcher.tries == []
    assert catcher.mails == []


async def test_a_relay_that_does_not_offer_starttls_gets_nothing() -> None:
    catcher = MailCatcher()
    await catcher.start()
    outcome = await carried(f"smtp+starttls://127.0.0.1:{catcher.port}", None)
    await catcher.stop()

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert catcher.tries == []


async def test_a_relay_that_stalls_in_the_handshake_is_given_up() -> None:
    async def stall(wire: Wire) -> None:
        await wire.gone()

    async with peer(stall) as server:
        outcome = await carried(f"smtps://127.0.0.1:{server.port}", None, Patience(connect=0.2))

    assert isinstance(outcome, Deferred)
    assert "in time" in outcome.detail


async def test_plaintext_slipped_in_before_the_handshake_is_thrown_away(tmp_path: Path) -> None:
    made = papers(tmp_path, "127.0.0.1")

    async def inject(wire: Wire) -> None:
        await wire.say("220 mail.test\r\n")
        await wire.hear()
        await wire.say("250-mail.test\r\n250 STARTTLS\r\n")
        await wire.hear()
        await wire.say("220 Go\r\n250 2.0.0 I am the attacker\r\n")
        await wire.gone()

    async with peer(inject) as server:
        outcome = await carried(
            f"smtp+starttls://127.0.0.1:{server.port}", made.authority, Patience(connect=0.5)
        )

    assert isinstance(outcome, Deferred)


async def test_the_sign_in_goes_before_the_mail(tmp_path: Path) -> None:
    made = papers(tmp_path, "127.0.0.1")
    catcher = MailCatcher(starttls=covering(made.chain), users={"hub@x": "s%cret"})
    await catcher.start()
    place = f"127.0.0.1:{catcher.port}"
    good = await carried(f"smtp+starttls://hub%40x:s%25cret@{place}", made.authority)
    bad = await carried(f"smtp+starttls://hub%40x:wrong@{place}", made.authority)
    await catcher.stop()

    assert isinstance(good, Accepted)
    assert isinstance(bad, Deferred)
    assert bad.configuration
    assert dict(bad.evidence)["code"] == "535"
    assert "wrong" not in str(bad.evidence)
    assert len(catcher.mails) == 1


@pytest.mark.parametrize(
    ("url", "cover", "port"),
    [
        ("smtp://127.0.0.1", Cover.NONE, 25),
        ("smtp://localhost:2525", Cover.NONE, 2525),
        ("smtp://[::1]:25", Cover.NONE, 25),
        ("smtp://127.8.8.8", Cover.NONE, 25),
        ("smtp://relay.test", Cover.STARTTLS, 25),
        ("smtp://10.0.0.1", Cover.STARTTLS, 25),
        ("smtp://localhost.evil.test", Cover.STARTTLS, 25),
        ("smtp+starttls://localhost", Cover.STARTTLS, 587),
        ("smtps://relay.test", Cover.TLS, 465),
    ],
)
def test_only_a_relay_on_this_machine_may_do_without_tls(url: str, cover: Cover, port: int) -> None:
    relay = relay_at(url)

    assert (relay.cover, relay.port) == (cover, port)


@pytest.mark.parametrize(
    "url",
    ["http://x", "smtp://", "smtp://h/path", "smtp://h?verify=no", "smtp://h:port", "relay", ""],
)
def test_a_url_that_is_no_relay_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(RelayUrlFault) as raised:
        relay_at(url.replace("://", "://user:hunter2@") if "://" in url else url)

    assert isinstance(raised.value, HubError)
    assert "hunter2" not in str(raised.value)


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(relay_at("smtps://user:hunter2@relay.test"))
