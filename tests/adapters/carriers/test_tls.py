"""TLS, mail and webhooks alike: verified, new enough, begun in the right place, or nothing sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.clock import SystemClock
from hub.adapters.smtp import Patience, SmtpCarrier
from hub.adapters.webhook import Deadlines, WebhookCarrier
from hub.notice import Accepted, Deferred, Outcome
from hub.ports import Carrier
from hub.vocabulary import Channel
from tests.adapters.carriers.certificates import WRONG, bad_papers
from tests.adapters.carriers.ground import (
    EVENT,
    MAIL,
    VERP_KEY,
    StandingClock,
    endpoint,
    leased,
    mailboxes,
)
from tests.adapters.carriers.peers import Wire, peer
from tests.adapters.carriers.relay import OFFERED, Relay, covering, relaying

DUTY = mailboxes("duty@agency.test")
WAYS = ("starttls", "implicit", "webhook")


@dataclass
class Sent:
    """What became of one try, and how much arrived."""

    outcome: Outcome
    arrived: int
    ready: str | None


def carrier_to(way: str, port: int, authority: Path | None, patience: float = 20) -> Carrier:
    if way == "webhook":
        waits = Deadlines(total=patience, connect=patience)
        return WebhookCarrier(clock=SystemClock(), ca_file=authority, deadlines=waits)
    scheme = "smtps" if way == "implicit" else "smtp+starttls"
    return SmtpCarrier(
        f"{scheme}://127.0.0.1:{port}",
        domain="hub.test",
        key=VERP_KEY,
        clock=StandingClock(),
        ca_file=authority,
        patience=Patience(connect=patience, ready=patience, farewell=1),
    )


async def carried(carrier: Carrier, way: str, port: int) -> tuple[Outcome, str | None]:
    try:
        if way == "webhook":
            where = endpoint(f"https://127.0.0.1:{port}/hook")
            return await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where), None
        return await carrier.carry(leased(MAIL), DUTY), await carrier.ready()
    finally:
        await carrier.close()


@asynccontextmanager
async def serving(way: str, tls: ssl.SSLContext) -> AsyncIterator[MailCatcher | WebhookCatcher]:
    made: MailCatcher | WebhookCatcher
    if way == "webhook":
        made = WebhookCatcher(tls=tls)
    else:
        made = MailCatcher(
            starttls=tls if way == "starttls" else None, tls=tls if way == "implicit" else None
        )
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def tried(way: str, tls: ssl.SSLContext, authority: Path | None) -> Sent:
    async with serving(way, tls) as server:
        outcome, ready = await carried(carrier_to(way, server.port, authority), way, server.port)
    arrived = server.tries if isinstance(server, MailCatcher) else server.calls
    return Sent(outcome, len(arrived), ready)


# Certificates.


@pytest.mark.parametrize("way", WAYS)
async def test_a_good_certificate_is_good(way: str, tmp_path: Path) -> None:
    made = bad_papers(tmp_path, "")

    sent = await tried(way, covering(made.chain), made.authority)

    assert isinstance(sent.outcome, Accepted)
    assert dict(sent.outcome.evidence)["tls"] == "TLSv1.3"
    assert sent.arrived == 1
    assert sent.ready is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG)
async def test_a_certificate_that_is_wrong_in_one_way_gets_nothing(
    wrong: str, way: str, tmp_path: Path
) -> None:
    made = bad_papers(tmp_path, wrong)
    context = covering(made.chain) if "short" not in wrong else _lax(made.chain)

    sent = await tried(way, context, made.authority)

    assert isinstance(sent.outcome, Deferred)
    assert sent.outcome.configuration
    assert "certificate is not good" in sent.outcome.detail
    assert sent.arrived == 0
    if way != "webhook":
        assert sent.ready is not None
        assert "certificate is not good" in sent.ready


# Versions.


@pytest.mark.parametrize("way", WAYS)
async def test_tls_1_2_is_spoken(way: str, tmp_path: Path) -> None:
    made = bad_papers(tmp_path, "")
    context = covering(made.chain)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    sent = await tried(way, context, made.authority)

    assert isinstance(sent.outcome, Accepted)
    assert dict(sent.outcome.evidence)["tls"] == "TLSv1.2"


@pytest.mark.parametrize("alert", [True, False])
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_older_than_tls_1_2_gets_nothing(
    way: str, alert: bool, tmp_path: Path
) -> None:
    made = bad_papers(tmp_path, "")
    context = _lax(made.chain)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    said: list[bytes] = []

    async def old(wire: Wire) -> None:
        if way == "starttls":
            await wire.say("220 mail.test\r\n")
            await wire.hear()
            await wire.say("250-mail.test\r\n250 STARTTLS\r\n")
            await wire.hear()
            await wire.say("220 Go\r\n")
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        came.write(await wire.reader.read(65_536))
        with pytest.raises(ssl.SSLError):
            context.wrap_bio(came, goes, server_side=True).do_handshake()
        if alert:
            await wire.say(goes.read())
            said.append(await wire.reader.read(65_536))

    async with peer(old) as server:
        carrier = carrier_to(way, server.port, made.authority)
        outcome, _ = await carried(carrier, way, server.port)

    assert isinstance(outcome, Deferred)
    # Where the server says why, somebody looks; where it only hangs up, nobody can know.
    assert outcome.configuration is alert
    assert ("no TLS with the" in outcome.detail) is alert
    assert all(each == b"" for each in said)


# Begun in the right place.


@pytest.mark.parametrize("way", ["implicit", "webhook"])
async def test_a_server_that_speaks_in_the_clear_where_cover_is_due_gets_nothing(way: str) -> None:
    heard = []

    async def greet(wire: Wire) -> None:
        await wire.say("220 mail.test ESMTP, in the clear\r\n")
        heard.append(await wire.reader.read(65_536))
        await wire.gone()

    async with peer(greet) as server:
        outcome, _ = await carried(carrier_to(way, server.port, None), way, server.port)

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert "no TLS with the" in outcome.detail
    assert all(b"PC-2026" not in each and b"hub.test" not in each for each in heard)


async def test_a_server_that_waits_for_cover_where_it_should_greet_is_given_up(
    tmp_path: Path,
) -> None:
    made = bad_papers(tmp_path, "")
    async with serving("implicit", covering(made.chain)) as server:
        carrier = carrier_to("starttls", server.port, made.authority, patience=0.5)
        outcome, _ = await carried(carrier, "starttls", server.port)

    assert isinstance(outcome, Deferred)
    assert dict(outcome.evidence)["phase"] == "greeting"
    assert "in time" in outcome.detail


@pytest.mark.parametrize("offered", [(), ("XSTARTTLS",), ("STARTTLSX",), OFFERED])
async def test_starttls_that_is_not_offered_is_not_done_without(offered: tuple[str, ...]) -> None:
    relay = Relay(offered=offered, once=False)
    async with peer(relay) as server:
        carrier = carrier_to("starttls", server.port, None)
        outcome, ready = await carried(carrier, "starttls", server.port)

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert dict(outcome.evidence)["phase"] == "starttls"
    assert "does not offer STARTTLS" in outcome.detail
    assert ready is not None
    assert {line.split()[0] for line in relay.heard} == {"EHLO"}


@pytest.mark.parametrize(
    "injected",
    ["250 2.0.0 I am the attacker", "250-mail.test\r\n250 DSN", "2", "\r\n"],
)
async def test_plain_text_behind_the_word_to_begin_ends_the_conversation(
    injected: str, tmp_path: Path
) -> None:
    made = bad_papers(tmp_path, "")
    relay = Relay(answers={"STARTTLS": f"220 Go\r\n{injected}"}, tls=covering(made.chain))
    async with relaying(relay, made=made) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)
        after = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert "plain text" in outcome.detail
    assert isinstance(after, Accepted)
    assert len(relay.mails) == 1
    # Under that cover nothing was said at all, least of all the password.
    assert [line.split()[0] for line in relay.heard[:3]] == ["EHLO", "STARTTLS", "EHLO"]


async def test_plain_text_in_a_packet_of_its_own_breaks_the_handshake() -> None:
    async def inject(wire: Wire) -> None:
        await wire.say("220 mail.test\r\n")
        await wire.hear()
        await wire.say("250-mail.test\r\n250 STARTTLS\r\n")
        await wire.hear()
        await wire.say("220 Go\r\n")
        # The client has begun its handshake when this comes.
        await wire.reader.readexactly(5)
        await wire.say("250 2.0.0 I am the attacker\r\n")
        await wire.gone()

    async with peer(inject) as server:
        carrier = carrier_to("starttls", server.port, None)
        outcome = await carrier.carry(leased(MAIL), DUTY)
        await carrier.close()

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert "no TLS with the relay" in outcome.detail


async def test_nothing_is_sent_ahead_of_the_handshake(tmp_path: Path) -> None:
    made = bad_papers(tmp_path, "")
    ahead: list[bytes] = []

    class Listening(Relay):
        """Waits, before it begins the handshake, to see what else comes in the clear."""

        async def __call__(self, wire: Wire) -> None:
            await wire.say("220 mail.test\r\n")
            await wire.hear()
            await wire.say("250-mail.test\r\n250 STARTTLS\r\n")
            await wire.hear()
            try:
                async with asyncio.timeout(0.2):
                    ahead.append(await wire.reader.read(1))
            except TimeoutError:
                ahead.append(b"")

    async with relaying(Listening(), made=made) as (carrier, _):
        await carrier.carry(leased(MAIL), DUTY)

    assert ahead == [b""]


async def test_what_was_offered_in_the_clear_is_forgotten_under_cover(tmp_path: Path) -> None:
    made = bad_papers(tmp_path, "")
    relay = Relay(
        answers={"EHLO again": "250-mail.test\r\n250 AUTH PLAIN"}, tls=covering(made.chain)
    )
    async with relaying(relay, made=made) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Accepted)
    assert dict(outcome.evidence)["dsn"] == "not offered"
    assert dict(outcome.evidence)["not offered"] == "8BITMIME, DSN, PIPELINING, SIZE, SMTPUTF8"
    assert not any("NOTIFY" in line or "RET=" in line for line in relay.heard)


async def test_a_relay_on_this_machine_is_written_to_in_the_clear() -> None:
    relay = Relay(once=False)
    async with relaying(relay) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Accepted)
    assert "tls" not in dict(outcome.evidence)


def _lax(chain: Path) -> ssl.SSLContext:
    """Return a server's side that would do what no client of ours may."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(chain)
    return context
