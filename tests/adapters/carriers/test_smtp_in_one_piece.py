"""MAIL, RCPT and DATA in one piece (RFC 2920): whose answer each is, and what is never sent."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from hub.adapters.clock import SystemClock
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.smtp.wire import Wire as SmtpWire
from hub.app.ways import carriers
from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.settings import Settings
from hub.vocabulary import Channel
from tests.adapters.carriers.ground import MAIL, leased, mailboxes
from tests.adapters.carriers.peers import Script, Wire, peer
from tests.adapters.carriers.relay import (
    OFFERED,
    ONE_BY_ONE,
    PATIENT,
    QUICK,
    Relay,
    covering,
    relaying,
)
from tests.servers.papers import papers

DUTY = mailboxes("duty@agency.test")
ASKED = "MAIL, RCPT, DATA"
OK = "250 2.1.0 Ok"
GO_ON = "354 Go on"
ALL = ["EHLO", "MAIL", "RCPT", "DATA"]


def said(outcome: Outcome) -> dict[str, str]:
    return dict(outcome.evidence)


@dataclass
class ByThePacket:
    """Answers each packet by one of its own, and keeps what came in each."""

    offered: tuple[str, ...] = OFFERED
    mails: int | None = None
    """How many it takes on one connection, where it is not for ever."""
    last: str = ""
    """What it says to one mail more, and hangs up."""
    packets: list[bytes] = field(default_factory=list)

    async def __call__(self, wire: Wire) -> None:
        await wire.say("220 mail.test ESMTP\r\n")
        content, mails = False, 0
        while packet := await wire.reader.read(65_536):
            if content:
                while not packet.endswith(b"\r\n.\r\n"):
                    packet += await wire.reader.read(65_536)
                mails += 1
            self.packets.append(packet)
            if mails == self.mails and packet.startswith(b"MAIL"):
                await wire.say(self.last)
                return
            content = packet.endswith(b"DATA\r\n")
            await wire.say(self.reply(packet))

    def reply(self, packet: bytes) -> str:
        if packet.endswith(b"\r\n.\r\n"):
            return "250 2.0.0 Ok: queued as 4XyZ\r\n"
        return "".join(self.answer(line.split()[0]) for line in packet.split(b"\r\n")[:-1])

    def answer(self, verb: bytes) -> str:
        if verb == b"EHLO":
            words = "".join(f"250-{word}\r\n" for word in self.offered)
            return f"250-mail.test\r\n{words}250 HELP\r\n"
        return {b"DATA": GO_ON, b"QUIT": "221 Bye"}.get(verb, OK) + "\r\n"

    @property
    def trips(self) -> list[list[str]]:
        """The first word of each line of each packet; of content, nothing but that it is."""
        return [
            ["content"]
            if packet.endswith(b"\r\n.\r\n")
            else [line.split()[0].decode() for line in packet.split(b"\r\n")[:-1]]
            for packet in self.packets
        ]


def verbs(relay: Relay) -> list[str]:
    return [line.split()[0] for line in relay.heard]


async def carried(relay: Script, *, pipelining: bool = True) -> Outcome:
    async with relaying(relay, pipelining=pipelining) as (carrier, _):
        return await carrier.carry(leased(MAIL), DUTY)


async def twice(relay: Relay) -> tuple[Outcome, Outcome]:
    patience = QUICK if relay.how == "silence" else PATIENT
    async with relaying(relay, patience=patience) as (carrier, _):
        return await carrier.carry(leased(MAIL), DUTY), await carrier.carry(leased(MAIL), DUTY)


# How often it waits.


async def test_a_mail_waits_twice_where_commands_go_in_one_piece_and_four_times_else() -> None:
    able, unable = ByThePacket(), ByThePacket(ONE_BY_ONE)

    assert isinstance(await carried(able), Accepted)
    assert isinstance(await carried(unable), Accepted)

    assert able.trips == [["EHLO"], ["MAIL", "RCPT", "DATA"], ["content"], ["QUIT"]]
    assert unable.trips == [["EHLO"], ["MAIL"], ["RCPT"], ["DATA"], ["content"], ["QUIT"]]


async def test_the_same_octets_are_asked_whether_in_one_piece_or_one_by_one() -> None:
    able, unable = ByThePacket(), ByThePacket()
    work = leased(MAIL)
    async with relaying(able) as (carrier, _):
        await carrier.carry(work, DUTY)
    async with relaying(unable, pipelining=False) as (carrier, _):
        await carrier.carry(work, DUTY)

    assert b"".join(able.packets) == b"".join(unable.packets)
    assert able.packets[1] == b"".join(unable.packets[1:4])


async def test_a_relay_that_may_not_be_asked_in_one_piece_is_not() -> None:
    relay = ByThePacket()

    outcome = await carried(relay, pipelining=False)

    assert isinstance(outcome, Accepted)
    assert relay.trips[1:4] == [["MAIL"], ["RCPT"], ["DATA"]]
    assert "PIPELINING" in said(outcome)["offered"]


@pytest.mark.parametrize("forbidden", ["smtp", "cjsm"])
async def test_an_operator_may_forbid_it_relay_by_relay(forbidden: str, tmp_path: Path) -> None:
    relay = ByThePacket()
    async with peer(relay) as server, AsyncExitStack() as stack:
        settings = Settings(
            data_dir=tmp_path,
            smtp_url=SecretStr(f"smtp://127.0.0.1:{server.port}"),
            smtp_pipelining=forbidden != "smtp",
            cjsm_pipelining=forbidden != "cjsm",
            cjsm_url=SecretStr("smtps://gateway.example"),
        )
        made = carriers(settings, SystemClock(), stack)
        gateway = made[Channel.CJSM]
        outcome = await made[Channel.EMAIL].carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Accepted)
    assert (relay.trips[1] == ["MAIL"]) is (forbidden == "smtp")
    assert isinstance(gateway, SmtpCarrier)
    assert gateway._relay.pipelining is (forbidden == "smtp")


@pytest.mark.parametrize(("plain", "covered"), [(OFFERED, ONE_BY_ONE), (ONE_BY_ONE, OFFERED)])
async def test_what_counts_is_what_is_offered_under_cover(
    plain: tuple[str, ...], covered: tuple[str, ...], tmp_path: Path
) -> None:
    made = papers(tmp_path, "127.0.0.1")
    relay = Relay(
        offered=plain,
        under_cover=covered,
        tls=covering(made.chain),
        answers={"MAIL": "450 4.3.2 Not now"},
    )
    async with relaying(relay, made=made) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert ("in one piece" in said(outcome)) is (covered is OFFERED)
    assert ("RCPT" in verbs(relay)) is (covered is OFFERED)


async def test_a_relay_that_offers_it_on_one_connection_alone_is_asked_so_on_that_one() -> None:
    relay = Relay(later=ONE_BY_ONE, once=False, answers={"RCPT": "421 4.3.2 Closing"})

    first, second = await twice(relay)

    assert said(first)["in one piece"] == ASKED
    assert "in one piece" not in said(second)
    assert verbs(relay) == [*ALL, "EHLO", "MAIL", "RCPT"]


# What is refused.


@dataclass(frozen=True)
class Row:
    """What is answered to MAIL, RCPT and DATA, and what it comes to."""

    mail: str
    rcpt: str
    data: str
    phase: str
    kept: bool = True
    """Whether the connection goes on to the next mail."""


REFUSED = [
    # DATA refused, as RFC 2920 and Postfix have it.
    Row(OK, "550 5.1.1 No", "554 5.5.1 No valid recipients", "rcpt"),
    Row(OK, "550 5.1.1 No", "503 5.5.1 RCPT first", "rcpt"),
    Row(OK, "450 4.2.0 Busy", "554 5.5.1 No valid recipients", "rcpt"),
    Row("550 5.7.1 No", "503 5.5.1 MAIL first", "503 5.5.1 RCPT first", "mail"),
    Row("451 4.3.0 Later", "503 5.5.1 MAIL first", "503 5.5.1 RCPT first", "mail"),
    Row("451 4.3.0 Later", OK, "503 5.5.1 RCPT first", "mail"),
    Row(OK, OK, "451 4.3.0 Later", "data"),
    Row(OK, OK, "554 5.7.1 No", "data"),
    Row(OK, "550-5.1.1 No\r\n550 5.1.1 such", "554-5.5.1 No\r\n554 5.5.1 recipients", "rcpt"),
    # The content waited for, all the same.
    Row(OK, "550 5.1.1 No", GO_ON, "rcpt", kept=False),
    Row(OK, "450 4.2.0 Busy", GO_ON, "rcpt", kept=False),
    Row("550 5.7.1 No", "503 5.5.1 MAIL first", GO_ON, "mail", kept=False),
    Row("550 5.7.1 No", OK, GO_ON, "mail", kept=False),
    # It is about to hang up.
    Row("421 4.3.2 Closing", OK, GO_ON, "mail", kept=False),
    Row(OK, "421 4.3.2 Closing", GO_ON, "rcpt", kept=False),
    Row(OK, OK, "421 4.3.2 Closing", "data", kept=False),
    Row(OK, "550 5.1.1 No", "421 4.3.2 Closing", "rcpt", kept=False),
    Row("550 5.7.1 No", "421 4.3.2 Closing", GO_ON, "mail", kept=False),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row.mail}, {row.rcpt}, {row.data}")
async def test_the_first_that_is_refused_is_the_verdict_and_no_content_and_no_dot_is_sent(
    row: Row,
) -> None:
    answers = {"MAIL": row.mail, "RCPT": row.rcpt, "DATA": row.data}
    relay = Relay(answers=answers)

    async with relaying(relay) as (carrier, _):
        first = await carrier.carry(leased(MAIL), DUTY)
        relay.answers = {}
        second = await carrier.carry(leased(MAIL), DUTY)

    verdict = answers[row.phase.upper()]
    assert isinstance(first, Refused if verdict.startswith("5") else Deferred)
    assert said(first)["phase"] == row.phase
    assert said(first)["code"] == verdict[:3]
    assert isinstance(second, Accepted)
    assert relay.calls == (1 if row.kept else 2)
    assert len(relay.mails) == 1
    if row.kept:
        assert verbs(relay)[:8] == [*ALL, "RSET", "MAIL", "RCPT", "DATA"]
    else:
        assert "RSET" not in verbs(relay)


@pytest.mark.parametrize(
    "answers", [(OK, "550 5.1.1 No", GO_ON), ("451 4.3.0 Later", "503 5.5.1 MAIL first", GO_ON)]
)
async def test_where_the_content_is_waited_for_after_a_refusal_not_one_octet_of_it_is_sent(
    answers: tuple[str, ...],
) -> None:
    outcome, heard = await told([f"{answer}\r\n".encode() for answer in answers])

    assert isinstance(outcome, Refused | Deferred)
    assert said(outcome)["answer to DATA"] == GO_ON
    assert heard == b""


async def test_each_answer_to_what_went_in_one_piece_is_recorded_as_what_it_is() -> None:
    answers = {
        "MAIL": "550 5.7.1 Not from you",
        "RCPT": "503 5.5.1 MAIL first",
        "DATA": "503 5.5.1 RCPT\x07 first",
    }

    outcome, _ = await twice(Relay(answers=answers))

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.POLICY
    assert said(outcome)["reply"] == "5.7.1 Not from you"
    assert said(outcome)["in one piece"] == ASKED
    assert "answer to MAIL" not in said(outcome)
    assert said(outcome)["answer to RCPT"] == answers["RCPT"]
    assert said(outcome)["answer to DATA"] == "503 5.5.1 RCPT\N{REPLACEMENT CHARACTER} first"


async def test_of_a_mail_that_was_taken_nothing_is_said_of_the_piece() -> None:
    taken, doubted = await twice(Relay()), await twice(Relay(ends="dot"))

    assert isinstance(taken[0], Accepted)
    assert isinstance(doubted[0], InDoubt)
    for outcome in (taken[0], doubted[0]):
        assert not [key for key in said(outcome) if "piece" in key or "answer to" in key]


# What stays away.


@pytest.mark.parametrize("how", ["fin", "rst", "silence"])
@pytest.mark.parametrize(("ends", "answered"), [("MAIL", 0), ("RCPT", 1), ("DATA", 2)])
async def test_B03_the_step_is_named_whose_answer_stayed_away(
    ends: str, answered: int, how: str
) -> None:
    relay = Relay(ends=ends, how=how)

    first, second = await twice(relay)

    assert isinstance(first, Deferred)
    assert said(first)["phase"] == ends.lower()
    assert said(first)["in one piece"] == ASKED
    assert len([key for key in said(first) if key.startswith("answer to")]) == answered
    assert isinstance(second, Accepted)
    assert len(relay.mails) == 1


@pytest.mark.parametrize("how", ["fin", "rst", "silence"])
async def test_who_has_been_refused_stays_refused_though_the_rest_stays_away(how: str) -> None:
    relay = Relay(answers={"RCPT": "550 5.1.1 No"}, ends="DATA", how=how)

    first, second = await twice(relay)

    assert isinstance(first, Refused)
    assert first.because is RefusedBecause.ADDRESS
    assert said(first)["phase"] == "rcpt"
    assert isinstance(second, Accepted)
    assert relay.calls == 2


@pytest.mark.parametrize("answered", [0, 1, 2])
async def test_a_carry_that_is_cancelled_while_answers_are_owed_gives_no_connection_back(
    answered: int,
) -> None:
    reached = asyncio.Event()
    calls = 0

    async def stuck_once(wire: Wire) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            return await Relay()(wire)
        await wire.say("220 mail.test\r\n")
        await wire.hear()
        await wire.say("250-mail.test\r\n250 PIPELINING\r\n")
        for _ in range(3):
            await wire.hear()
        await wire.say(f"{OK}\r\n" * answered)
        reached.set()
        await wire.gone()
        return None

    async with relaying(stuck_once) as (carrier, _):
        task = asyncio.ensure_future(carrier.carry(leased(MAIL), DUTY))
        await asyncio.wait_for(reached.wait(), 5)
        await turns()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        outcome = await carrier.carry(leased(MAIL), DUTY)

    assert isinstance(outcome, Accepted)
    assert calls == 2


@pytest.mark.parametrize("last", ["", "421 4.4.2 Idle too long\r\n"])
async def test_an_idle_connection_that_had_gone_costs_no_try_in_one_piece_either(last: str) -> None:
    server = ByThePacket(mails=1, last=last)
    async with relaying(server) as (carrier, here):
        first = await carrier.carry(leased(MAIL), DUTY)
        second = await carrier.carry(leased(MAIL), DUTY)
        calls = here.calls

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert "reconnected" not in said(first)
    assert "reconnected" in said(second)
    assert calls == 2


# A word too many, or in the wrong place.


@pytest.mark.parametrize(
    ("answers", "phase", "why"),
    [
        ((OK, OK, f"{GO_ON}\r\n250 2.0.0 queued as 0"), "data", "out of turn"),
        ((OK, OK, f"{GO_ON}\r\n2"), "data", "out of turn"),
        ((OK, "550 5.1.1 No", "554 5.5.1 No\r\n250 Ok"), "data", "out of turn"),
        ((OK, f"{OK}\r\n{OK}", GO_ON), "data", "makes no sense|out of turn"),
        ((OK, OK, OK), "data", "makes no sense"),
        ((OK, GO_ON, OK), "rcpt", "makes no sense"),
        ((GO_ON, OK, OK), "mail", "makes no sense"),
        ((OK, "550 5.1.1 No", OK), "data", "makes no sense"),
        (("550 5.7.1 No", GO_ON, OK), "rcpt", "makes no sense"),
        (("what?", OK, GO_ON), "mail", "cannot be read"),
        ((OK, "what?", GO_ON), "rcpt", "cannot be read"),
        ((OK, OK, "what?"), "data", "cannot be read"),
        ((OK, "250-2.1.5 Ok\r\n550 5.1.1 No", GO_ON), "rcpt", "cannot be read"),
        ((OK, "550 5.1.1 No", "what?"), "data", "cannot be read"),
        ((OK, OK, "354-Go\r\n554 5.7.1 No"), "data", "cannot be read"),
    ],
)
@pytest.mark.parametrize("packets", ["one", "each its own", "crumbs"])
async def test_replies_that_are_not_in_their_order_are_nobodys_and_no_content_is_sent(
    answers: tuple[str, ...], phase: str, why: str, packets: str
) -> None:
    spoken = [f"{answer}\r\n".encode() for answer in answers]
    if packets == "one":
        spoken = [b"".join(spoken)]
    elif packets == "crumbs":
        *most, last = spoken
        # What comes behind the last comes with it: later it could not be told from an answer.
        spoken = [bytes([octet]) for octet in b"".join(most)] + [last]
    outcome, heard = await told(spoken)

    assert isinstance(outcome, Deferred)
    assert re.search(why, outcome.detail)
    assert said(outcome)["phase"] == phase
    assert heard == b""


async def turns() -> None:
    """Let the loop turn until what was said has been heard."""
    for _ in range(20):
        await asyncio.sleep(0)


async def told(packets: list[bytes]) -> tuple[Outcome, bytes]:
    """Carry to a relay that says this to the piece; return also what it heard from then on."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def say(wire: Wire) -> None:
        await wire.say("220 mail.test\r\n")
        await wire.hear()
        await wire.say("250-mail.test\r\n250 PIPELINING\r\n")
        for _ in range(3):
            await wire.hear()
        rest = b""
        with suppress(ConnectionError):
            for packet in packets:
                await wire.say(packet)
                # Each in its own packet.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        with suppress(ConnectionError):
            while more := await wire.reader.read(1):
                rest += more
        heard.set_result(rest)

    async with relaying(say) as (carrier, _):
        outcome = await carrier.carry(leased(MAIL), DUTY)
        return outcome, await asyncio.wait_for(heard, 5)


@asynccontextmanager
async def asked() -> AsyncIterator[tuple[SmtpWire, socket.socket]]:
    """Our end of a connection on which three answers are owed, and the relay's end."""
    near, far = socket.socketpair()
    near.setblocking(False)
    transport, wire = await asyncio.get_running_loop().create_connection(SmtpWire, sock=near)
    wire.send(b"MAIL", b"RCPT", b"DATA")
    try:
        yield wire, far
    finally:
        transport.abort()
        far.close()
        await wire.gone.wait()


async def test_answers_that_are_owed_are_kept_until_they_are_read() -> None:
    async with asked() as (wire, far):
        for packet in (b"250 one\r\n", b"550 two\r\n35", b"4 three\r\n"):
            far.sendall(packet)
            await turns()
        far.close()
        await turns()

        read = [await wire.read_response(1) for _ in range(3)]

        assert [tuple(each) for each in read] == [(250, "one"), (550, "two"), (354, "three")]
        assert wire.in_step


async def test_what_is_beyond_what_is_owed_is_out_of_turn_though_nobody_has_read_yet() -> None:
    async with asked() as (wire, far):
        for packet in (b"250 one\r\n", b"250 two\r\n", b"354 three\r\n", b"2"):
            far.sendall(packet)
            await turns()

        for _ in range(3):
            await wire.read_response(1)

        assert not wire.in_step


async def test_more_than_replies_may_hold_between_two_reads_ends_the_conversation() -> None:
    async with asked() as (wire, far):
        far.sendall(b"250 one\r\n")
        await turns()
        await asyncio.to_thread(far.sendall, b"250-two\r\n" * 8_000)
        await turns()

        assert not wire.in_step
        assert (await wire.read_response(1)).code == 250


@pytest.mark.parametrize("command", [b"RCPT TO:<a@b>\r\nDATA", b"MAIL\n", b"MAIL\x00"])
async def test_a_command_with_an_end_of_a_line_in_it_is_never_sent(command: bytes) -> None:
    with pytest.raises(ValueError, match="control character"):
        SmtpWire().send(b"MAIL FROM:<a@b>", command)
