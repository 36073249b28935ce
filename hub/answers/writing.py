"""Write one person's answer to one notice down, with all that follows from it, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hub.access import BY_KEY, Official
from hub.answers.results import Acknowledged, Declined
from hub.answers.said import Said
from hub.concern import Party
from hub.directory import Contact, Directory
from hub.escalate import declined, wrong_mailbox
from hub.leaf import Leaf, leaf
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge
from hub.ports import Clock, NoticeRecord, Register
from hub.receipt import Acknowledgement, Declination, Receipt, fold, height, who_answered
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    ConcernId,
    DeclinedBecause,
    Mint,
    NoticeId,
    Role,
    Rung,
    Setback,
)

log = structlog.get_logger()

LOOK_WITHIN: Final = timedelta(hours=1)
"""When a person of the host authority must have looked at a void code."""
_WITH_A_KEY: Final = "by a key of the API"
"""How it is said that a program acted in a person's name, and nobody signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an answer came."""

    strength: AckStrength
    source: str
    detail: str
    evidence: tuple[tuple[str, str], ...] = ()
    settles: tuple[Discharge, ...] = ()
    """What else is owed no more once it is written down, whatever the answer was."""


def by_account(person: Official) -> Way:
    """Return how somebody answered who has signed in; a program's key is no account (0035)."""
    if person.id.startswith(BY_KEY):
        # Two of one name are one person, whichever of them came by a key (who_answered).
        key = (("key", person.id),)
        return Way(strength=AckStrength.KEY, source="api", detail=_WITH_A_KEY, evidence=key)
    account = (("person", person.id),)
    return Way(strength=AckStrength.ACCOUNT, source="account", detail="signed in", evidence=account)


def hand_of(person: Official) -> str:
    """Say whose hand wrote something down: a person's, or a program's in their name."""
    by_key = person.id.startswith(BY_KEY)
    return f"{person.name}, {_WITH_A_KEY}" if by_key else person.name


def answer_key(notice: NoticeId) -> str:
    """Return the key of the obligation to answer this notice (hub.plan opens it)."""
    return f"notice:{notice}"


def void_key(notice: NoticeId) -> str:
    """Return the key of the obligation to ring somebody whose code is void."""
    return f"void code:{notice}"


def void_code(record: NoticeRecord, host: AgencyId, now: datetime, mint: Mint) -> Obligation:
    """Return what a person of the host authority owes where too many wrong codes were typed."""
    notice = record.notice
    return Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=host, role=Role.HOST_AUTHORITY),
        due=now + LOOK_WITHIN,
        opened_at=now,
        key=void_key(notice.id),
        notice=notice.id,
        says=f"ring the {notice.party.role}: its code is void after five wrong tries",
    )


def has_left(record: NoticeRecord) -> bool:
    """Whether something of this notice was taken by somebody outside the hub, ever."""
    left = height(Rung.SUBMITTED)
    return any(
        r.rung is not None and height(r.rung) >= left for r in record.receipts if not r.fenced
    )


async def write_acknowledged(
    register: Register, clock: Clock, record: NoticeRecord, said: Said, way: Way
) -> Acknowledged:
    """Write an acknowledgement down; whoever has answered is owed nothing more about it."""
    notice = record.notice
    directory = await register.directory()
    made = Acknowledgement(
        name=said.name,
        role=said.role,
        organisation=_named(notice.party.agency, directory),
        strength=way.strength,
    )
    before = next((r for r in record.receipts if r.acknowledgement == made), None)
    if before is not None:
        return replace(_acknowledged(record, made, before.at), again=True)
    now = clock.now()
    receipt = Receipt(
        notice=notice.id,
        delivery=None,
        attempt=None,
        at=now,
        source=way.source,
        rung=Rung.ACKNOWLEDGED,
        acknowledgement=made,
        detail=way.detail,
        evidence=way.evidence,
    )
    ids = {"notice": notice.id, "strength": way.strength}
    note = leaf("notice.acknowledged", now, notice.concern, revision=notice.revision, **ids)
    now_known = replace(record, receipts=(*record.receipts, receipt))
    met = () if _awaited(now_known) else _no_longer_owed(record)
    await register.receive((receipt,), (*met, *_settled(notice, way)), (note,))
    log.info("notice.acknowledged", notice=notice.id, strength=way.strength)
    if record.people > 1 and not met:
        now_known = await _met_meanwhile(register, now_known)
    return _acknowledged(now_known, made, now)


async def _met_meanwhile(register: Register, record: NoticeRecord) -> NoticeRecord:
    """Return what is known now; of two who answer at the same moment, the last meets the quorum."""
    fresh = await register.notice(record.notice.id) or record
    if not _awaited(fresh):
        await register.receive((), _no_longer_owed(fresh), ())
    return fresh


def _awaited(record: NoticeRecord) -> int:
    """Return how many more people must acknowledge it (escalation 4)."""
    return max(0, record.people - len(who_answered(record.receipts)))


def _acknowledged(record: NoticeRecord, made: Acknowledgement, at: datetime) -> Acknowledged:
    return Acknowledged(
        notice=record.notice.id,
        acknowledgement=made,
        at=at,
        awaited=_awaited(record),
        revision=record.notice.revision,
        newer=record.newer[1] if record.newer else None,
    )


async def write_declined(
    register: Register, clock: Clock, mint: Mint, record: NoticeRecord, said: Said, way: Way
) -> Declined:
    """Write down that it is not for them. The answer stays owed: the next contact is told."""
    notice, directory = record.notice, await register.directory()
    made = _declination(notice, said, way, directory)
    before = next((r for r in record.receipts if r.declination == made), None)
    if before is not None:
        return Declined(notice=notice.id, declination=made, at=before.at, again=True)
    now = clock.now()
    acknowledged = fold(record.receipts).rung is Rung.ACKNOWLEDGED
    concern = await register.concern(notice.concern)
    # Without a concern there is no host; then it is the agency's own to look at.
    host = concern.concern.host_authority if concern else notice.party.agency
    owed = declined(
        notice,
        record.deliveries,
        made.because,
        host,
        acknowledged=acknowledged,
        now=now,
        mint=mint,
    )
    unfit = () if acknowledged else _unfit(record, made, directory)
    ids = {"strength": way.strength, "because": made.because}
    note = leaf("notice.declined", now, notice.concern, notice=notice.id, **ids)
    await register.receive(
        (_declined_receipt(notice, made, way, now),),
        _settled(notice, way),
        (note, *(_put_aside(notice, each, now) for each in unfit)),
        owed=owed,
        corrected=[replace(each, usable=False) for each in unfit],
    )
    log.info("notice.declined", notice=notice.id, **ids)
    return Declined(notice=notice.id, declination=made, at=now)


def _declination(notice: Notice, said: Said, way: Way, directory: Directory) -> Declination:
    return Declination(
        name=said.name,
        role=said.role,
        organisation=_named(notice.party.agency, directory),
        strength=way.strength,
        because=said.because or DeclinedBecause.NOT_FOR_US,
        reason=said.reason,
    )


def _declined_receipt(notice: Notice, made: Declination, way: Way, now: datetime) -> Receipt:
    return Receipt(
        notice=notice.id,
        delivery=None,
        attempt=None,
        at=now,
        source=way.source,
        setback=Setback.DECLINED,
        declination=made,
        detail=way.detail,
        evidence=way.evidence,
    )


def _unfit(record: NoticeRecord, made: Declination, directory: Directory) -> tuple[Contact, ...]:
    """Return the mailbox that is put aside until somebody verifies it.

    A system that signs was told by its webhook: it knows of no mailbox.
    """
    if made.because is not DeclinedBecause.WRONG_CONTACT or made.strength is AckStrength.SIGNED:
        return ()
    return wrong_mailbox(record.notice, record.deliveries, directory)


def _put_aside(notice: Notice, contact: Contact, now: datetime) -> Leaf:
    return leaf("contact.put.aside", now, notice.concern, notice=notice.id, contact=contact.id)


def _named(agency: AgencyId, directory: Directory) -> str:
    known = directory.agency(agency)
    return known.name if known else agency


def _settled(notice: Notice, way: Way) -> tuple[tuple[ConcernId, Discharge], ...]:
    return tuple((notice.concern, each) for each in way.settles)


def _no_longer_owed(record: NoticeRecord) -> tuple[tuple[ConcernId, Discharge], ...]:
    """Whoever has answered needs no other contact told, nobody to ring, no new code.

    Nor about an earlier revision: what it said, this one says. Never about a later one.
    """
    met = (
        (kind, key_of(notice))
        for notice in (record.notice.id, *record.replaced)
        for kind, key_of in (
            (ObligationKind.ANSWER, answer_key),
            (ObligationKind.REACH, answer_key),
            (ObligationKind.PERSON, answer_key),
            (ObligationKind.PERSON, void_key),
        )
    )
    return tuple((record.notice.concern, Discharge(kind=kind, key=key)) for kind, key in met)
