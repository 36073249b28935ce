"""Email on the wire: every point at which a mail server may go away, answer oddly, or be slow."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from hub.adapters.smtp import Patience, SmtpCarrier, verp_delivery
from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.vocabulary import Rung
from tests.adapters.carriers.ground import (
    MAIL,
    VERP_KEY,
    StandingClock,
    leased,
    mailboxes,
)
from tests.adapters.carriers.peers import Peer, Wire, peer

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot")
DUTY = mailboxes("duty@agency.test")
QUICK = Patience(connect=5, command=5, data=5, content=5, dot=5, idle=30, farewell=1)
TAKEN = "250 2.0.0 Ok: queued as 4XyZ"


@dataclass
class Server:
    """An SMTP server whose every answer a test may change, or leave out."""

    answers: dict[str, str] = field(default_factory=dict)
    hang_up_after: str | None = None
    """Read this step, and hang up instead of answering."""
    silent_after: str | None = None
    offered: tuple[str, ...] = ("SIZE 10240000", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES")
    heard: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, wire: Wire) -> None:
        if not await self._step(wire, "greeting", "220 mail.test ESMTP"):
            return
        while line := await wire.hear():
            self.heard.append(line.rstrip("\r\n"))
            verb = line.split()[0].upper()
            if not await self._step(wire, verb, self._usual(verb)):
                return
            if verb == "DATA" and self.answers.get("DATA", "354").startswith("354"):
                if not await self._mail(wire):
                    return
            elif verb == "QUIT":
                return

    async def _mail(self, wire: Wire) -> bool:
        if self.hang_up_after == "content":
            await wire.reader.readexactly(1000)
            return False
        if "content" in self.answers:
            await wire.reader.readexactly(1000)
            await wire.say(self.answers["content"] + "\r\n")
            await wire.gone()
            return False
        self.mails.append(await wire.hear_mail())
        return await self._step(wire, "dot", TAKEN)

    async def _step(self, wire: Wire, step: str, usual: str) -> bool:
        if self.hang_up_after == step:
            return False
        if self.silent_after == step:
            self.reached.set()
            await wire.gone()
            return False
        answer = self.answers.get(step, usual)
        await wire.say(answer + "\r\n")
        return True

    def _usual(self, verb: str) -> str:
        if verb == "EHLO":
            return "\r\n".join(
                ["250-mail.test", *(f"250-{word}" for word in self.offered), "250 HELP"]
            )
        return {"DATA": "354 Go on", "QUIT": "221 Bye"}.get(verb, "250 2.0.0 Ok")


Made = Callable[[Peer], SmtpCarrier]


@asynccontextmanager
async def talking(
    script: Callable[[Wire], Awaitable[None]], patience: Patience = QUICK, size: int = 6
) -> AsyncIterator[tuple[SmtpCarrier, Peer]]:
    async with peer(script) as server:
        carrier = SmtpCarrier(
            f"smtp://127.0.0.1:{server.port}",
            domain="hub.test",
            key=VERP_KEY,
            clock=StandingClock(),
            patience=patience,
            size=size,
        )
        try:
            yield carrier, server
        finally:
            await carrier.close()


async def carried(server: Server, body: bytes = MAIL, patience: Patience = QUICK) -> Outcome:
    async with talking(server, patience) as (carrier, _):
        return await carrier.carry(leased(body), DUTY)


def said(outcome: Outcome) -> dict[str, str]:
    return dict(outcome.evidence)


# Where it breaks off.


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_B03_a_server_that_goes_away_before_the_content_has_not_been_told(step: str) -> None:
    outcome = await carried(Server(hang_up_after=step))

    assert isinstance(outcome, Deferred)
    assert said(outcome)["phase"] == step.lower()
    assert not outcome.ours


async def test_B03_a_server_that_goes_away_in_the_middle_of_the_content_has_not_been_told() -> None:
    body = MAIL + b"A long line of a long notice, again and again.\r\n" * 200_000

    outcome = await carried(Server(hang_up_after="content"), body)

    assert isinstance(outcome, Deferred)
    assert said(outcome)["phase"] == "content"


async def test_B03_a_server_that_goes_away_after_the_final_dot_leaves_a_doubt() -> None:
    server = Server(hang_up_after="dot")

    outcome = await carried(server)

    assert isinstance(outcome, InDoubt)
    assert said(outcome)["phase"] == "dot"
    assert len(server.mails) == 1


async def test_half_a_reply_to_the_final_dot_leaves_a_doubt() -> None:
    async def half(wire: Wire) -> None:
        await wire.say("220 mail.test\r\n")
        for answer in ("250 mail.test\r\n", "250 Ok\r\n", "250 Ok\r\n", "354 Go on\r\n"):
            await wire.hear()
            await wire.say(answer)
        await wire.hear_mail()
        await wire.say("250 2.0.0 O")

    async with talking(half) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, InDoubt)


@pytest.mark.parametrize("answer", ["what?", "354 Go on"])
async def test_an_answer_to_the_final_dot_that_makes_no_sense_leaves_a_doubt(answer: str) -> None:
    outcome = await carried(Server(answers={"dot": answer}))

    assert isinstance(outcome, InDoubt)


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_server_that_falls_silent_before_the_content_is_tried_again(step: str) -> None:
    outcome = await carried(
        Server(silent_after=step), patience=Patience(connect=0.1, command=0.1, data=0.1)
    )

    assert isinstance(outcome, Deferred)
    assert "in time" in outcome.detail


async def test_a_server_that_falls_silent_after_the_final_dot_leaves_a_doubt() -> None:
    outcome = await carried(Server(silent_after="dot"), patience=Patience(dot=0.1))

    assert isinstance(outcome, InDoubt)


async def test_a_refusal_in_the_middle_of_the_content_is_heard() -> None:
    body = MAIL + b"A long line of a long notice, again and again.\r\n" * 200_000

    outcome = await carried(Server(answers={"content": "554 5.7.1 Not this"}), body)

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.POLICY
    assert said(outcome)["phase"] == "content"


async def test_nobody_at_the_port_is_the_route_and_ready_says_so_in_one_line() -> None:
    async with peer(Server()) as server:
        port = server.port
    carrier = SmtpCarrier(
        f"smtp://127.0.0.1:{port}", domain="hub.test", key=VERP_KEY, clock=StandingClock()
    )

    outcome = await carrier.carry(leased(MAIL), DUTY)
    line = await carrier.ready()
    await carrier.close()

    assert isinstance(outcome, Deferred)
    assert said(outcome)["scope"] == "route"
    assert not outcome.ours
    assert line == f"mail relay 127.0.0.1:{port}: the relay refuses connections"


async def test_a_relay_whose_name_cannot_be_found_is_our_own_fault() -> None:
    carrier = SmtpCarrier(
        "smtps://relay.invalid", domain="hub.test", key=VERP_KEY, clock=StandingClock()
    )

    outcome = await carrier.carry(leased(MAIL), DUTY)
    await carrier.close()

    assert isinstance(outcome, Deferred)
    assert outcome.ours


# What the answers mean, row by row.


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "421 4.3.2 Closing"),
        ("RCPT", "421 4.3.2 Closing"),
        ("dot", "421 4.3.2 Closing"),
        ("greeting", "421 Too busy"),
        ("greeting", "450 Later"),
    ],
)
async def test_421_and_a_relay_that_is_busy_are_about_the_route(step: str, answer: str) -> None:
    outcome = await carried(Server(answers={step: answer}))

    assert isinstance(outcome, Deferred)
    assert said(outcome)["scope"] == "route"
    assert not outcome.configuration


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("answer", ["450 4.2.0 Busy", "451 Try later", "452 4.2.2 Full"])
async def test_any_other_4xx_is_this_recipient_later(step: str, answer: str) -> None:
    outcome = await carried(Server(answers={step: answer}))

    assert isinstance(outcome, Deferred)
    assert said(outcome)["scope"] == "recipient"
    assert said(outcome)["code"] == answer[:3]
    assert not outcome.ours


@pytest.mark.parametrize(
    ("step", "answer", "because"),
    [
        ("RCPT", "550 5.1.1 No such user", RefusedBecause.ADDRESS),
        ("RCPT", "550 5.1.2 No such host", RefusedBecause.ADDRESS),
        ("RCPT", "553 5.1.3 Bad syntax", RefusedBecause.ADDRESS),
        ("RCPT", "551 5.1.6 Has moved", RefusedBecause.ADDRESS),
        ("RCPT", "550 5.1.10 Null MX", RefusedBecause.ADDRESS),
        ("dot", "550 5.1.1 No such user", RefusedBecause.ADDRESS),
        ("RCPT", "550-5.1.1 No such user,\r\n550 5.1.1 nor ever was", RefusedBecause.ADDRESS),
        ("RCPT", "550 5.7.1 Relaying denied", RefusedBecause.POLICY),
        ("MAIL", "550 5.7.23 SPF", RefusedBecause.POLICY),
        ("dot", "554 5.7.1 Spam", RefusedBecause.POLICY),
        ("RCPT", "550 No", RefusedBecause.UNKNOWN),
        ("RCPT", "550 5.2.1 Disabled", RefusedBecause.UNKNOWN),
        ("RCPT", "550 4.1.1 Muddled", RefusedBecause.UNKNOWN),
        ("RCPT", "550 15.1.1 Not a code", RefusedBecause.UNKNOWN),
        ("MAIL", "552 5.3.4 Too big", RefusedBecause.UNKNOWN),
        ("DATA", "554 5.5.1 No valid recipients", RefusedBecause.UNKNOWN),
        ("dot", "554 Transaction failed", RefusedBecause.UNKNOWN),
    ],
)
async def test_a_5xx_says_who_moves_next(step: str, answer: str, because: RefusedBecause) -> None:
    outcome = await carried(Server(answers={step: answer}))

    assert isinstance(outcome, Refused)
    assert outcome.because is because


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("greeting", "554 No service"),
        ("EHLO", "550 5.7.1 Not from there"),
        ("MAIL", "530 5.7.0 Authentication required"),
        ("MAIL", "535 5.7.8 Bad credentials"),
        ("MAIL", "553 5.1.7 Bad sender"),
        ("RCPT", "550 5.1.8 Sender's domain not found"),
        ("RCPT", "538 5.7.11 Encryption required"),
    ],
)
async def test_what_refuses_us_and_not_the_recipient_stops_the_route(
    step: str, answer: str
) -> None:
    outcome = await carried(Server(answers={step: answer}))

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert outcome.ours
    assert said(outcome)["scope"] == "route"


async def test_250_to_the_dot_is_submitted_and_nothing_higher_with_the_wires_own_words() -> None:
    work = leased(MAIL)
    server = Server()
    async with talking(server) as (carrier, here):
        outcome = await carrier.carry(work, DUTY)
        port = here.port

    assert isinstance(outcome, Accepted)
    assert outcome.rung is Rung.SUBMITTED
    assert said(outcome) == {
        "phase": "dot",
        "code": "250",
        "enhanced": "2.0.0",
        "reply": "2.0.0 Ok: queued as 4XyZ",
        "queue id": "4XyZ",
        "remote": f"127.0.0.1:{port}",
        "offered": "8BITMIME, DSN, SIZE 10240000",
        "not offered": "PIPELINING, SMTPUTF8",
        "dsn": "asked for",
        "relay": f"127.0.0.1:{port}",
        "sender": said(outcome)["sender"],
        "recipient": "duty@agency.test",
        "envelope id": work.attempt,
        "size": str(len(MAIL)),
        "sha256": work.delivery.sha256,
    }
    bounce = said(outcome)["sender"]
    assert verp_delivery(bounce, domain="hub.test", key=VERP_KEY) == work.delivery.id


# What goes over the wire.


async def test_the_envelope_asks_for_notifications_and_names_the_attempt() -> None:
    server = Server()
    work = leased(MAIL)
    async with talking(server) as (carrier, _):
        outcome = await carrier.carry(work, mailboxes("duty+pc=1@agency.test"))

    assert server.heard[0] == "EHLO hub.test"
    assert server.heard[1] == (
        f"MAIL FROM:<{said(outcome)['sender']}> SIZE={len(MAIL)} RET=HDRS ENVID={work.attempt}"
    )
    assert server.heard[2] == (
        "RCPT TO:<duty+pc=1@agency.test> NOTIFY=SUCCESS,FAILURE,DELAY "
        "ORCPT=rfc822;duty+2Bpc+3D1@agency.test"
    )


async def test_where_nothing_is_offered_nothing_is_asked_and_that_is_recorded() -> None:
    server = Server(offered=())

    outcome = await carried(server)

    assert said(outcome)["dsn"] == "not offered"
    assert server.heard[1] == f"MAIL FROM:<{said(outcome)['sender']}>"
    assert server.heard[2] == "RCPT TO:<duty@agency.test>"


async def test_dots_are_stuffed_and_nothing_else_is_touched() -> None:
    server = Server()

    await carried(server)

    stuffed = MAIL.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    assert server.mails == [stuffed]


async def test_a_long_mail_arrives_whole() -> None:
    body = MAIL + b"." * 998 + b"\r\n" + b".x\r\n" * 100_000
    server = Server()

    outcome = await carried(server, body)

    assert isinstance(outcome, Accepted)
    assert server.mails[0] == body.replace(b"\r\n.", b"\r\n..") + b".\r\n"


async def test_eight_bit_content_is_announced_or_not_sent() -> None:
    body = MAIL + "Cafés\r\n".encode()
    able, unable = Server(), Server(offered=("DSN",))

    taken, put_off = await carried(able, body), await carried(unable, body)

    assert isinstance(taken, Accepted)
    assert " BODY=8BITMIME" in able.heard[1]
    assert isinstance(put_off, Deferred)
    assert put_off.configuration
    assert len(unable.heard) <= 2


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (MAIL + b"bare\nfeed\r\n", "CRLF"),
        (MAIL + b"bare\rreturn\r\n", "CRLF"),
        (MAIL + b"\r\n.\nsmuggled\r\n", "CRLF"),
        (MAIL + b"nul\x00\r\n", "NUL"),
        (MAIL + b"x" * 999 + b"\r\n", "998"),
    ],
)
async def test_bytes_that_cannot_travel_unchanged_do_not_travel(body: bytes, why: str) -> None:
    server = Server()

    outcome = await carried(server, body)

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.CONFIGURATION
    assert why in outcome.detail
    assert server.heard == []


async def test_to_a_mailbox_that_may_not_be_used_any_more_nothing_goes() -> None:
    server = Server()
    (contact,) = DUTY.contacts
    async with talking(server) as (carrier, _):
        outcome = await carrier.carry(
            leased(MAIL), replace(DUTY, contacts=(replace(contact, usable=False),))
        )

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.ADDRESS
    assert server.heard == []


async def test_bytes_that_are_not_those_that_were_composed_do_not_travel() -> None:
    server = Server()
    async with talking(server) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL, sha256="0" * 64), DUTY)

    assert isinstance(outcome, Refused)
    assert server.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "a@agency.test,b@agency.test",
        "a@agency.test>\r\nRCPT TO:<b@agency.test",
        "a@agency.test\r\nDATA",
        "a@agency.test> NOTIFY=NEVER",
        "Duty <a@agency.test>",
        "<a@agency.test>",
        "a@agency.test (desk)",
        "a b@agency.test",
        "a@agency.test ",
        " a@agency.test",
        "a\x00@agency.test",
        "a\u202e@agency.test",
        "a\u200b@agency.test",
        "a\u2066b@agency.test",
        "a\ufeff@agency.test",
        "a\u00ad@agency.test",
        "a@agency",
        "a@@agency.test",
        "a@agency..test",
        "@agency.test",
        "a",
        "",
        "group: a@agency.test;",
        "a@[127.0.0.1]",
        '"a b"@agency.test',
    ],
)
async def test_an_address_that_is_not_one_plain_address_never_reaches_a_socket(
    address: str,
) -> None:
    server = Server()
    async with talking(server) as (carrier, here):
        outcome = await carrier.carry(leased(MAIL), mailboxes(address))
        calls = here.calls

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.ADDRESS
    assert calls == 0


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("duty@agency.test", True),
        ("duty@adults.agency.test", True),
        ("duty@AGENCY.test", True),
        ("duty@myagency.test", False),
        ("duty@agency.test.evil.test", False),
    ],
)
async def test_where_an_agency_lists_its_domains_a_mailbox_lies_in_one(
    address: str, taken: bool
) -> None:
    async with talking(Server()) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), mailboxes(address, domains=("agency.test",)))

    assert isinstance(outcome, Accepted) is taken


# The pool.


async def test_a_connection_is_used_again_and_again() -> None:
    server = Server()
    async with talking(server) as (carrier, here):
        for _ in range(5):
            assert isinstance(await carrier.carry(leased(MAIL), DUTY), Accepted)

        assert here.calls == 1
    assert server.heard.count("EHLO hub.test") == 1
    assert server.heard[-1] == "QUIT"


async def test_a_refused_recipient_leaves_the_connection_fit_for_the_next_mail() -> None:
    server = Server(answers={"RCPT": "550 5.1.1 No"})
    async with talking(server) as (carrier, here):
        await carrier.carry(leased(MAIL), DUTY)
        server.answers.clear()
        outcome = await carrier.carry(leased(MAIL), DUTY)

        assert isinstance(outcome, Accepted)
        assert here.calls == 1
    assert "RSET" in server.heard


async def test_a_connection_that_rested_long_is_asked_before_it_is_used() -> None:
    server = Server()
    async with talking(server, Patience(idle=0)) as (carrier, here):
        await carrier.carry(leased(MAIL), DUTY)
        await carrier.carry(leased(MAIL), DUTY)

        assert here.calls == 1
    assert server.heard.count("NOOP") == 1


async def test_a_connection_that_does_not_answer_when_asked_is_replaced() -> None:
    server = Server(answers={"NOOP": "421 Bye"})
    async with talking(server, Patience(idle=0)) as (carrier, here):
        await carrier.carry(leased(MAIL), DUTY)
        outcome = await carrier.carry(leased(MAIL), DUTY)

        assert isinstance(outcome, Accepted)
        assert here.calls == 2


@pytest.mark.parametrize("how", ["hangs up", "says 421"])
async def test_a_connection_that_went_away_while_idle_costs_no_try(how: str) -> None:
    async def one_mail_each(wire: Wire) -> None:
        server = Server()
        await wire.say("220 mail.test\r\n")
        mails = 0
        while line := await wire.hear():
            verb = line.split()[0].upper()
            if verb == "MAIL" and mails:
                if how == "says 421":
                    await wire.say("421 4.4.2 Idle too long\r\n")
                return
            await wire.say(server._usual(verb) + "\r\n")
            if verb == "DATA":
                await wire.hear_mail()
                mails += 1
                await wire.say(TAKEN + "\r\n")

    async with talking(one_mail_each) as (carrier, here):
        await carrier.carry(leased(MAIL), DUTY)
        outcome = await carrier.carry(leased(MAIL), DUTY)

        assert isinstance(outcome, Accepted)
        assert "reconnected" in said(outcome)
        assert here.calls == 2


async def test_no_more_connections_are_open_than_the_pool_is_large() -> None:
    gate = asyncio.Event()
    at_once = {"now": 0, "most": 0}

    async def script(wire: Wire) -> None:
        at_once["now"] += 1
        at_once["most"] = max(at_once.values())
        if at_once["now"] == 4:
            gate.set()
        await gate.wait()
        await Server()(wire)
        at_once["now"] -= 1

    async with talking(script, size=4) as (carrier, here):
        work = [carrier.carry(leased(MAIL), DUTY) for _ in range(30)]
        outcomes = await asyncio.gather(*work)

        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert here.calls == 4
    assert at_once["most"] == 4


@pytest.mark.parametrize("step", [*STEPS[:5], "dot"])
async def test_a_cancelled_carry_never_gives_back_a_half_used_connection(step: str) -> None:
    stuck = Server(silent_after=step)
    servers = [stuck, Server()]

    async def script(wire: Wire) -> None:
        await servers.pop(0)(wire)

    async with talking(script, size=1) as (carrier, here):
        task = asyncio.ensure_future(carrier.carry(leased(MAIL), DUTY))
        await asyncio.wait_for(stuck.reached.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        outcome = await carrier.carry(leased(MAIL), DUTY)

        assert isinstance(outcome, Accepted)
        assert here.calls == 2


async def test_closing_while_a_mail_is_under_way_leaves_a_doubt_and_takes_no_more() -> None:
    stuck = Server(silent_after="dot")
    async with talking(stuck) as (carrier, _):
        task = asyncio.ensure_future(carrier.carry(leased(MAIL), DUTY))
        await asyncio.wait_for(stuck.reached.wait(), 5)

        await carrier.close()

        assert isinstance(await task, InDoubt)
        after = await carrier.carry(leased(MAIL), DUTY)
        assert isinstance(after, Deferred)
        assert after.ours
