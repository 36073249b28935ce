"""Write down what agencies and LEOs answer. Through ports only; bad input is a value, not an error.

Neither a GET nor a POST without the code acknowledges anything: mail scanners follow links and
submit forms (receipts.md, acknowledgement).
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog
from pydantic import TypeAdapter, ValidationError

from hub.answers.attesting import Review, attest, closing_of, review
from hub.answers.results import (
    Acknowledged,
    Attested,
    Call,
    CodeRefused,
    Incomplete,
    NotFound,
    NotYet,
    NotYours,
    Official,
    Post,
    SignatureRefused,
)
from hub.answers.signed import Envelope, envelope, read_body, signer, stale
from hub.closure import Waiver
from hub.concern import Party
from hub.events.envelope import Fault
from hub.events.model import Line
from hub.leaf import leaf
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge
from hub.ports import Clock, NoticeRecord, Register, Signer
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import AckStrength, AgencyId, ConcernId, Mint, NoticeId, Role, Rung

log = structlog.get_logger()

TRIES: Final = 5
"""So many wrong codes void the code, and the LEO is told."""
LOOK_WITHIN: Final = timedelta(hours=1)
"""When a person of the host authority must have looked at a void code."""
_CODE: Final = re.compile(r"^[2-9A-HJKMNP-Z]{6}$")
_NOBODYS_CODE: Final = "******"
_LINE: Final[TypeAdapter[str]] = TypeAdapter(Line)
_WORDS: Final = {
    "name": "Enter your name",
    "role": "Enter your role",
    "how": "Say how they said so",
}
_REFUSED: Final = SignatureRefused(says="The signature is not accepted for this notice")


def answer_key(notice: NoticeId) -> str:
    """Return the key of the obligation to answer this notice (hub.plan opens it)."""
    return f"notice:{notice}"


def void_key(notice: NoticeId) -> str:
    """Return the key of the obligation to ring somebody whose code is void."""
    return f"void code:{notice}"


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
        typed = re.sub(r"[\s\-\u2013]", "", code).upper()
        who, faults = _lines(name=name, role=role)
        if not _CODE.match(typed):
            # What cannot be a code costs no try: scanners fill forms with junk, and must not be
            # able to void the code of the person whose mail they look at.
            says = "Enter the six-character code from the notice; it has no 0, O, 1, I or L"
            faults = (*faults, Fault(pointer="/code", says=says))
        if faults:
            return Incomplete(faults=faults)
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
            made = await self._acknowledgement(record, who, AckStrength.CODE)
            return await self._write(record, made, source="code", detail="the code was typed")

    async def acknowledge_signed(
        self, notice: NoticeId, body: bytes, headers: Mapping[str, str]
    ) -> Acknowledged | SignatureRefused | Incomplete:
        """Take an acknowledgement signed by the system of the agency the notice was for.

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
            who = {"name": said.name, "role": said.role}
            made = await self._acknowledgement(record, who, AckStrength.SIGNED)
            evidence = (("webhook-id", received.id), ("webhook-timestamp", received.seconds))
            return await self._write(
                record, made, source="api", detail="signed by its system", evidence=evidence
            )

    async def acknowledge_by_account(
        self, notice: NoticeId, person: Official, call: Call
    ) -> Acknowledged | Incomplete | NotFound | NotYours:
        """Take what a LEO records of a call: with whom, how, when. Its strength is `recorded`."""
        record = await self.register.notice(notice)
        concern = await self.register.concern(record.notice.concern) if record else None
        if record is None or concern is None or concern.concern.host_authority != person.agency:
            return NotFound()
        if person.post is not Post.LEO:
            return NotYours(says="Only a lead enquiry officer records a call")
        who, faults = _lines(name=call.name, role=call.role, how=call.how)
        if not record.notice.composed_at <= call.at <= self.clock.now():
            says = "Enter a time after the notice was written and not in the future"
            faults = (*faults, Fault(pointer="/at", says=says))
        if faults:
            return Incomplete(faults=faults)
        async with self._one_at_a_time(notice):
            fresh = await self.register.notice(notice) or record
            made = await self._acknowledgement(fresh, who, AckStrength.RECORDED)
            evidence = (
                ("how", who["how"]),
                ("said at", call.at.isoformat()),
                ("recorded by", person.name),
            )
            return await self._write(
                fresh, made, source="account", detail="recorded from a call", evidence=evidence
            )

    async def attest(
        self, concern: ConcernId, person: Official, waivers: Sequence[Waiver] = ()
    ) -> Attested | NotYet | NotYours | NotFound:
        """Confirm that closure notices were sent, or return what is missing, party by party."""
        async with self._one_at_a_time(concern):
            return await attest(
                self.register, self.clock, self.mint, concern, person, waivers, self.signer
            )

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
        directory = await self.register.directory()
        owner = signer(received, body, record.notice.party.agency, directory)
        if owner != "wanted":
            return await self._refuse_signed(record, owner, _REFUSED.says)
        if stale(received, self.clock.now()):
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
        return Obligation(
            id=self.mint.id(),
            concern=record.notice.concern,
            kind=ObligationKind.PERSON,
            party=Party(agency=host, role=Role.HOST_AUTHORITY),
            due=now + LOOK_WITHIN,
            opened_at=now,
            key=void_key(record.notice.id),
            notice=record.notice.id,
            says=f"ring the {record.notice.party.role}: its code is void after five wrong tries",
        )

    async def _acknowledgement(
        self, record: NoticeRecord, who: Mapping[str, str], strength: AckStrength
    ) -> Acknowledgement:
        agency: AgencyId = record.notice.party.agency
        known = (await self.register.directory()).agency(agency)
        return Acknowledgement(
            name=who["name"],
            role=who["role"],
            organisation=known.name if known else agency,
            strength=strength,
        )

    async def _write(
        self,
        record: NoticeRecord,
        made: Acknowledgement,
        *,
        source: str,
        detail: str,
        evidence: tuple[tuple[str, str], ...] = (),
    ) -> Acknowledged:
        notice = record.notice
        before = next((r for r in record.receipts if r.acknowledgement == made), None)
        if before is not None:
            return Acknowledged(notice=notice.id, acknowledgement=made, at=before.at, again=True)
        now = self.clock.now()
        receipt = Receipt(
            notice=notice.id,
            delivery=None,
            attempt=None,
            at=now,
            source=source,
            rung=Rung.ACKNOWLEDGED,
            acknowledgement=made,
            detail=detail,
            evidence=evidence,
        )
        note = leaf(
            "notice.acknowledged", now, notice.concern, notice=notice.id, strength=made.strength
        )
        await self.register.receive((receipt,), _no_longer_owed(notice), (note,))
        log.info("notice.acknowledged", notice=notice.id, strength=made.strength)
        return Acknowledged(notice=notice.id, acknowledgement=made, at=now)


def _no_longer_owed(notice: Notice) -> tuple[tuple[ConcernId, Discharge], ...]:
    """Whoever has answered needs no other contact told, nobody to ring, no new code."""
    met = (
        (ObligationKind.ANSWER, answer_key(notice.id)),
        (ObligationKind.REACH, answer_key(notice.id)),
        (ObligationKind.PERSON, answer_key(notice.id)),
        (ObligationKind.PERSON, void_key(notice.id)),
    )
    return tuple((notice.concern, Discharge(kind=kind, key=key)) for kind, key in met)


def _lines(**values: str) -> tuple[dict[str, str], tuple[Fault, ...]]:
    """Read each value as one plain line; return them, and a fault for each that is not."""
    read, faults = {}, []
    for name, value in values.items():
        try:
            read[name] = _LINE.validate_python(value)
        except ValidationError:
            says = _WORDS[name] if not value.strip() else "Use one line of up to 200 characters"
            faults.append(Fault(pointer=f"/{name}", says=says))
    return read, tuple(faults)


__all__ = [
    "Acknowledged",
    "Answers",
    "Attested",
    "Call",
    "CodeRefused",
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
    "review",
]
