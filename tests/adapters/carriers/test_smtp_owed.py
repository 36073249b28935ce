"""Whatever a relay says to MAIL, RCPT and DATA in one piece: never `submitted` but in its order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.notice import Accepted, InDoubt, Outcome
from tests.adapters.carriers.ground import MAIL, leased, mailboxes
from tests.adapters.carriers.peers import Wire
from tests.adapters.carriers.relay import relaying

DUTY = mailboxes("duty@agency.test")
GRANTS = ("250 2.1.0 Ok", "250-2.1.0 Ok\r\n250 2.1.0 so", "251 Will forward")
GOES_ON = ("354 Go on", "354-Go\r\n354 on")
OTHERS = (
    *("550 5.1.1 No", "450 4.2.0 Busy", "503 5.5.1 Not yet", "421 4.3.2 Closing"),
    *("250-2.1.0 Ok\r\n550 5.1.1 No", "what?", "25", "", "2500 Ok", "199 Hm"),
)
WORDS = st.sampled_from([*GRANTS, *GOES_ON, *OTHERS])
GOOD = (st.sampled_from(GRANTS), st.sampled_from(GRANTS), st.sampled_from(GOES_ON))


@dataclass(frozen=True)
class Said:
    """What a relay says, packet by packet."""

    early: str
    """Said with the answer to EHLO, which asked for nothing of it."""
    words: tuple[str, ...]
    cuts: frozenset[int]
    """Where a packet ends, in octets."""
    dot: str

    @property
    def in_turn(self) -> bool:
        granted = len(self.words) == 3 and {*self.words[:2]} <= {*GRANTS}
        return granted and self.words[2] in GOES_ON and not self.early

    @property
    def packets(self) -> list[bytes]:
        """What it says to the piece; what is beyond the third word begins in the packet of it.

        Were it to come later, nothing could tell it from the answer to the dot.
        """
        whole = "".join(f"{word}\r\n" for word in self.words).encode()
        third = len("".join(f"{word}\r\n" for word in self.words[:3]).encode())
        ends = sorted({cut for cut in self.cuts if cut < len(whole) and cut != third})
        return [whole[a:b] for a, b in zip([0, *ends], [*ends, len(whole)], strict=True)]


@st.composite
def sayings(draw: st.DrawFn) -> Said:
    """Mostly what is right, with something wrong in it."""
    words = [draw(st.one_of(good, WORDS)) for good in GOOD]
    match draw(st.sampled_from(["all", "all", "more", "less", "turned"])):
        case "more":
            words.insert(draw(st.integers(0, 3)), draw(WORDS))
        case "less":
            words.pop(draw(st.integers(0, 2)))
        case "turned":
            words = draw(st.permutations(words))
        case _:
            pass
    return Said(
        early=draw(st.sampled_from(["", "", "", "250 2.1.0 Ok\r\n", "35"])),
        words=tuple(words),
        cuts=draw(st.frozensets(st.integers(1, 80), max_size=6)),
        dot=draw(st.sampled_from(["250 2.0.0 Ok: queued as A", "550 5.7.1 No", "450 4.3.0 No"])),
    )


async def carried(said: Said) -> tuple[Outcome, list[bytes]]:
    """Carry one mail to a relay that speaks so; return also the mails of which it heard the end."""
    mails: list[bytes] = []

    async def speak(wire: Wire) -> None:
        await wire.say("220 mail.test\r\n")
        await wire.hear()
        await wire.say(f"250-mail.test\r\n250 PIPELINING\r\n{said.early}")
        while not (line := await wire.hear()).startswith("DATA"):
            if not line:
                return
        for packet in said.packets:
            await wire.say(packet)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        if not said.in_turn:
            wire.writer.write_eof()
        mails.append(await wire.hear_mail())
        await wire.say(f"{said.dot}\r\n")
        await wire.hear()
        await wire.say("221 2.0.0 Bye\r\n")

    async def guarded(wire: Wire) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, OSError):
            await speak(wire)

    async with relaying(guarded) as (carrier, _):
        return await carrier.carry(leased(MAIL), DUTY), mails


@settings(max_examples=150, deadline=None)
@given(sayings())
def test_no_mail_is_submitted_or_sent_unless_all_was_granted_in_its_order(said: Said) -> None:
    outcome, mails = asyncio.run(carried(said))

    taken = said.in_turn and said.dot.startswith("250")
    assert isinstance(outcome, Accepted) is taken
    assert not isinstance(outcome, InDoubt)
    assert len(mails) == said.in_turn
    assert (dict(outcome.evidence)["phase"] == "dot") is said.in_turn


@settings(max_examples=40, deadline=None)
@given(st.tuples(*GOOD), st.frozensets(st.integers(1, 80), max_size=12))
def test_however_its_replies_are_cut_into_packets_a_mail_that_is_granted_is_taken(
    words: tuple[str, ...], cuts: frozenset[int]
) -> None:
    outcome, mails = asyncio.run(
        carried(Said(early="", words=words, cuts=cuts, dot="250 2.0.0 Ok: queued as A"))
    )

    assert isinstance(outcome, Accepted)
    assert dict(outcome.evidence)["queue id"] == "A"
    assert len(mails) == 1
