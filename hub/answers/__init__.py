"""Write down what agencies and LEOs answer. Through ports only; bad input is a value, not an error.

Neither a GET nor a POST without the code acknowledges anything: mail scanners follow links and
submit forms (receipts.md, acknowledgement).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import structlog

from hub.access import Official, Post
from hub.answers.attesting import Review, attest, closing_of, review
from hub.answers.replies import Reading, SetAside, confirm_reply
from hub.answers.results import (
    Acknowledged,
    Attested,
    Call,
    CodeRefused,
    Declined,
    Declines,
    Incomplete,
    NotFound,
    NotYet,
    NotYours,
    SignatureRefused,
)
from hub.answers.said import Said, lines, said_of, typed_code
from hub.answers.signed import Envelope, envelope, read_body, signer, stale
from hub.answers.writing import (
    Way,
    answer_key,
    by_account,
    hand_of,
    has_left,
    void_code,
    write_acknowledged,
    write_declined,
)
from hub.closure import Waiver
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.obligation import Obligation
from hub.ports import Clock, NoticeRecord, Register, Signer
from hub.vocabulary import AckStrength, ConcernId, Mint, NoticeId

log = structlog.get_logger()

TRIES: Final = 5
"""So many wrong codes void the code, and the LEO is told."""
_NOBODYS_CODE: Final = "******"
_REFUSED: Final = SignatureRefused(says="The signature is not accepted for this notice")
_BY_CODE: Final = Way(strength=AckStrength.CODE, source="code", detail="the code was typed")

_Written = TypeVar("_Written", bound=Acknowledged | Declined)


@dataclass(slots=True, kw_only=True)
class Answers:
    """Takes answers and the LEO's confirmation, and writes each down once."""

    register: Register
    clock: Clock
    mint: Mint
    signer: Signer | None = None
    """Signs confirmations of closure; None: they are not signed."""
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def acknowledge_by_code(
        self, notice: NoticeId, name: str, role: str, code: str
    ) -> Acknowledged | CodeRefused | Incomplete:
        """Take a name, a role and the code from the mail; case, spaces and dashes are forgiven."""
        said = said_of(name, role, None)
        return await self._by_code(notice, said, code, self._acknowledge)

    async def decline_by_code(
        self, notice: NoticeId, name: str, role: str, code: str, declines: Declines
    ) -> Declined | CodeRefused | Incomplete:
        """Take that the notice is not for them. It needs the code, and each wrong one counts."""
        said = said_of(name, role, declines)
        return await self._by_code(notice, said, code, self._decline)

    async def _by_code(
        self,
        notice: NoticeId,
        read: tuple[Said | None, tuple[Fault, ...]],
        code: str,
        write: Callable[[NoticeRecord, Said, Way], Awaitable[_Written]],
    ) -> _Written | CodeRefused | Incomplete:
        said, faults = read
        typed, more = typed_code(code)
        if said is None or more:
            return Incomplete(faults=(*faults, *more))
        async with self._one_at_a_time(notice):
            record = await self.register.notice(notice)
            right = hmac.compare_digest(
                typed, record.notice.ack_code.upper() if record else _NOBODYS_CODE
            )
            if record is None:
                log.info("acknowledgement.refused", why="unknown notice")
                return CodeRefused()
            if not right or record.wrong_codes >= TRIES:
                await self._wrong_code(record)
                return CodeRefused()
            return await write(record, said, _BY_CODE)

    async def acknowledge_signed(
        self, notice: NoticeId, body: bytes, headers: Mapping[str, str]
    ) -> Acknowledged | Declined | SignatureRefused | Incomplete:
        """Take an answer signed by the system of the agency the notice was for.

        Standard Webhooks `v1` over the exact bytes; the time within five minutes; `webhook-id` is
        the nonce. A replay is refused. A retry whose first try was never written down is not one.
        """
        async with self._one_at_a_time(notice):
            record = await self.register.notice(notice)
            if record is None:
                log.info("acknowledgement.refused", why="unknown notice")
                return _REFUSED
            received = envelope(headers)
            refusal = await self._distrust(record, received, body)
            if received is None or refusal is not None:
                return refusal or _REFUSED
            said = read_body(body)
            if isinstance(said, tuple):
                return Incomplete(faults=said)
            if said.notice != notice or said.agency != record.notice.party.agency:
                return await self._refuse_signed(record, "another notice", _REFUSED.says)
            if await self._replayed(record, received):
                return await self._refuse_signed(
                    record, "replayed", "This `webhook-id` was used before: sign a new message"
                )
            way = Way(
                strength=AckStrength.SIGNED,
                source="api",
                detail="signed by its system",
                evidence=(("webhook-id", received.id), ("webhook-timestamp", received.seconds)),
            )
            person = Said(
                name=said.name, role=said.role, because=said.because, reason=said.reason or ""
            )
            return await self._answer(record, person, way)

    async def own_notice(self, notice: NoticeId, person: Official) -> NoticeRecord | NotFound:
        """Return a notice to this person's own agency, once something of it has left the hub.

        What waits or was stopped by a hold is not there: to show it would be to send it.
        """
        return await self.register.as_reader(person.agency).notice(notice) or NotFound()

    async def acknowledge_by_account(
        self, notice: NoticeId, person: Official, reference: str
    ) -> Acknowledged | Incomplete | NotFound:
        """Take that a signed-in person of the notice's agency has read it. Strength: `account`.

        By a key of the API it is `key`: nobody signed in, though the agency answers for the name.
        They type the notice's reference: what clicks every button in their browser does not.
        """
        said = said_of(person.name, person.post, None)
        return await self._by_account(notice, person, reference, said, self._acknowledge)

    async def decline_by_account(
        self, notice: NoticeId, person: Official, reference: str, declines: Declines
    ) -> Declined | Incomplete | NotFound:
        """Take that the notice is not for whoever has signed in. The reference is typed as well."""
        said = said_of(person.name, person.post, declines)
        return await self._by_account(notice, person, reference, said, self._decline)

    async def _by_account(
        self,
        notice: NoticeId,
        person: Official,
        reference: str,
        read: tuple[Said | None, tuple[Fault, ...]],
        write: Callable[[NoticeRecord, Said, Way], Awaitable[_Written]],
    ) -> _Written | Incomplete | NotFound:
        said, faults = read
        async with self._one_at_a_time(notice):
            record = await self.own_notice(notice, person)
            if isinstance(record, NotFound):
                return record
            if reference.strip().upper() != record.notice.reference.upper():
                says = "Enter the reference of the notice as it stands at its top"
                faults = (*faults, Fault(pointer="/reference", says=says))
            if said is None or faults:
                return Incomplete(faults=faults)
            return await write(record, said, by_account(person))

    async def record_call(
        self, notice: NoticeId, person: Official, call: Call
    ) -> Acknowledged | Declined | Incomplete | NotFound | NotYours:
        """Take what a LEO records of a call: with whom, how, when. Its strength is `recorded`."""
        record = await self.register.notice(notice)
        host = self.register.as_reader(person.agency)
        concern = await host.concern(record.notice.concern) if record else None
        if record is None or concern is None:
            return NotFound()
        if person.post is not Post.LEO:
            return NotYours(says="Only a lead enquiry officer records a call")
        said, faults = said_of(call.name, call.role, call.declines)
        how, more = lines(how=call.how)
        faults = (*faults, *more)
        if not record.notice.composed_at <= call.at <= self.clock.now():
            says = "Enter a time after the notice was written and not in the future"
            faults = (*faults, Fault(pointer="/at", says=says))
        if said is None or faults:
            return Incomplete(faults=faults)
        way = Way(
            strength=AckStrength.RECORDED,
            source="account",
            detail="recorded from a call",
            evidence=(
                ("how", how["how"]),
                ("said at", call.at.isoformat()),
                ("recorded by", hand_of(person)),
            ),
        )
        async with self._one_at_a_time(notice):
            fresh = await self.register.notice(notice) or record
            return await self._answer(fresh, said, way)

    async def confirm_reply(
        self, concern: ConcernId, mail: str, person: Official, reading: Reading
    ) -> Acknowledged | Declined | SetAside | Incomplete | NotFound | NotYours:
        """Take what a LEO read in a reply by mail. Strength: `reply`; the kept mail proves it."""
        async with self._one_at_a_time(f"mail:{mail}"):
            return await confirm_reply(
                self.register, self.clock, self.mint, concern, mail, person, reading
            )

    async def attest(
        self, concern: ConcernId, person: Official, waivers: Sequence[Waiver] = ()
    ) -> Attested | NotYet | NotYours | NotFound:
        """Confirm that closure notices were sent, or return what is missing, party by party."""
        async with self._one_at_a_time(concern):
            return await attest(
                self.register, self.clock, self.mint, concern, person, waivers, self.signer
            )

    async def _answer(self, record: NoticeRecord, said: Said, way: Way) -> Acknowledged | Declined:
        write = self._acknowledge if said.because is None else self._decline
        return await write(record, said, way)

    async def _acknowledge(self, record: NoticeRecord, said: Said, way: Way) -> Acknowledged:
        return await write_acknowledged(self.register, self.clock, record, said, way)

    async def _decline(self, record: NoticeRecord, said: Said, way: Way) -> Declined:
        return await write_declined(self.register, self.clock, self.mint, record, said, way)

    def _one_at_a_time(self, about: str) -> asyncio.Lock:
        """One answer about one notice at a time, so that a burst of guesses is counted as made.

        Another process has its own lock: with P of them a code takes up to TRIES + P - 1 guesses.
        """
        return self._locks.setdefault(about, asyncio.Lock())

    async def _distrust(
        self, record: NoticeRecord, received: Envelope | None, body: bytes
    ) -> SignatureRefused | None:
        """Return why these bytes are not the agency's, with a leaf; None where they are."""
        if received is None:
            return await self._refuse_signed(record, "no signature", _REFUSED.says)
        directory, now = await self.register.directory(), self.clock.now()
        owner = signer(received, body, record.notice.party.agency, directory, now)
        if owner != "wanted":
            return await self._refuse_signed(record, owner, _REFUSED.says)
        if stale(received, now):
            says = "`webhook-timestamp` is more than five minutes from our clock"
            return await self._refuse_signed(record, "stale", says)
        return None

    async def _replayed(self, record: NoticeRecord, received: Envelope) -> bool:
        scope = f"acknowledgement:{record.notice.party.agency}:{record.notice.id}"
        seen = await self.register.seen_nonce(scope, received.id, self.clock.now())
        # Seen, and nothing written with it: the hub stopped between the two. Then it is a retry.
        return seen and any(("webhook-id", received.id) in r.evidence for r in record.receipts)

    async def _refuse_signed(self, record: NoticeRecord, why: str, says: str) -> SignatureRefused:
        await self._leave(record, "acknowledgement.refused", why=why)
        return SignatureRefused(says=says)

    async def _leave(self, record: NoticeRecord, kind: str, **ids: str) -> None:
        log.info(kind, notice=record.notice.id, **ids)
        concern = record.notice.concern
        note = leaf(kind, self.clock.now(), concern, notice=record.notice.id, **ids)
        await self.register.receive((), (), (note,))

    async def _wrong_code(self, record: NoticeRecord) -> None:
        if record.wrong_codes >= TRIES:
            # That it became void stands in the log already; a stranger cannot fill it any further.
            log.info("acknowledgement.refused", notice=record.notice.id, why="void code")
            return
        now = self.clock.now()
        owed = await self._somebody_must_look(record, now)
        tries = await self.register.wrong_code(record.notice.id, now, owed)
        why = "code voided" if tries >= TRIES else "wrong code"
        await self._leave(record, "acknowledgement.refused", why=why)

    async def _somebody_must_look(self, record: NoticeRecord, now: datetime) -> Obligation:
        concern = await self.register.concern(record.notice.concern)
        # Without a concern there is no host; then it is the agency's own to look at.
        host = concern.concern.host_authority if concern else record.notice.party.agency
        return void_code(record, host, now, self.mint)


__all__ = [
    "Acknowledged",
    "Answers",
    "Attested",
    "Call",
    "CodeRefused",
    "Declined",
    "Declines",
    "Incomplete",
    "NotFound",
    "NotYet",
    "NotYours",
    "Official",
    "Post",
    "Review",
    "SignatureRefused",
    "answer_key",
    "closing_of",
    "has_left",
    "review",
]
