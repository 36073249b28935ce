"""A LEO says what a reply by mail means; the kept mail is the evidence (strength `reply`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import structlog

from hub.access import Official, Post
from hub.answers.results import Acknowledged, Declined, Declines, Incomplete, NotFound, NotYours
from hub.answers.said import Said, said_of
from hub.answers.writing import Way, write_acknowledged, write_declined
from hub.bounce import ReadAs, ReturnedMail
from hub.directory import Directory
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge
from hub.ports import Clock, ConcernRecord, NoticeRecord, Register
from hub.vocabulary import AckStrength, ConcernId, Mint

log = structlog.get_logger()

ACKNOWLEDGED: Final = "acknowledged"
NO_ANSWER: Final = "no answer"
_KEY: Final = "mail:"
_BY_PEOPLE: Final = frozenset({ReadAs.HUMAN_REPLY, ReadAs.UNREADABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a LEO read in a reply: what it means, and whose answer it is."""

    means: str
    """`acknowledged`, `not for us`, `wrong contact` or `no answer`."""
    name: str = ""
    role: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One mail that waits for a person, and the notice whose bounce address it came to."""

    mail: ReturnedMail
    owed: Obligation
    record: NoticeRecord
    known_sender: bool
    """Whether its sender is a mailbox of the notice's agency, by the directory as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """It is written down that the mail was read, and answers nothing."""

    mail: str


async def waiting_reply(register: Register, record: ConcernRecord, mail: str) -> Reply | None:
    """Return a mail of this concern that waits for a person, or None."""
    wanted = f"{_KEY}{mail}"
    owed = next(
        (o for o in record.obligations if o.kind is ObligationKind.PERSON and o.key == wanted),
        None,
    )
    about = next((n for n in record.notices if owed and n.notice.id == owed.notice), None)
    kept = await register.mail(mail) if owed else None
    if owed is None or about is None or kept is None:
        return None
    known = _is_of(kept, about, await register.directory())
    return Reply(mail=kept, owed=owed, record=about, known_sender=known)


def mail_of(owed: Obligation) -> str:
    """Return which mail an obligation asks a person to read; empty: none."""
    mine = owed.kind is ObligationKind.PERSON and owed.key.startswith(_KEY)
    return owed.key.removeprefix(_KEY) if mine and owed.notice else ""


async def confirm_reply(
    register: Register,
    clock: Clock,
    mint: Mint,
    concern: ConcernId,
    mail: str,
    person: Official,
    reading: Reading,
) -> Acknowledged | Declined | SetAside | Incomplete | NotFound | NotYours:
    """Write down what a reply means, with the mail's id and hash; nobody need read it any more.

    The mail itself claims nothing: a person has read it, and is named beside whoever wrote it.
    """
    known = await register.as_reader(person.agency).concern(concern)
    if known is None:
        return NotFound()
    reply = await waiting_reply(register, known, mail)
    if reply is None:
        return NotFound()
    if person.post is not Post.LEO:
        return NotYours(says="Only a lead enquiry officer says what a reply means")
    if reading.means == NO_ANSWER:
        return await _set_aside(register, clock, concern, reply, person)
    if reply.mail.read_as not in _BY_PEOPLE:
        says = "A machine wrote this mail: it answers nothing"
        return Incomplete(faults=(Fault(pointer="/means", says=says),))
    declines = None
    if reading.means != ACKNOWLEDGED:
        declines = Declines(because=reading.means, reason=reading.reason)
    said, faults = said_of(reading.name, reading.role, declines)
    if said is None:
        return Incomplete(faults=tuple(_by_field(fault) for fault in faults))
    return await _answers(register, clock, mint, reply, said, _way(reply, person))


async def _answers(
    register: Register, clock: Clock, mint: Mint, reply: Reply, said: Said, way: Way
) -> Acknowledged | Declined:
    done: Acknowledged | Declined
    if said.because is None:
        done = await write_acknowledged(register, clock, reply.record, said, way)
    else:
        # It answers the delivery whose bounce address it came to: that mailbox was the wrong one.
        mine = [d for d in reply.record.deliveries if d.id == reply.owed.delivery]
        record = replace(reply.record, deliveries=tuple(mine))
        done = await write_declined(register, clock, mint, record, said, way)
    if done.again:
        concern = reply.record.notice.concern
        await register.receive((), tuple((concern, met) for met in way.settles), ())
    return done


async def _set_aside(
    register: Register, clock: Clock, concern: ConcernId, reply: Reply, person: Official
) -> SetAside:
    ids = {"mail": reply.mail.id, "notice": reply.record.notice.id, "person": person.id}
    note = leaf("reply.set.aside", clock.now(), concern, **ids)
    met = tuple((concern, each) for each in _settles(reply))
    await register.receive((), met, (note,))
    log.info("reply.set.aside", mail=reply.mail.id)
    return SetAside(mail=reply.mail.id)


def _way(reply: Reply, person: Official) -> Way:
    return Way(
        strength=AckStrength.REPLY,
        source="mail",
        detail="a reply by mail, read by a lead enquiry officer",
        evidence=(
            ("mail", reply.mail.id),
            ("sha256", sha256(reply.mail.raw).hexdigest()),
            ("received", reply.mail.received.isoformat()),
            ("sender is a contact of the agency", "yes" if reply.known_sender else "no"),
            ("read by", person.name),
        ),
        settles=_settles(reply),
    )


def _settles(reply: Reply) -> tuple[Discharge, ...]:
    return (Discharge(kind=ObligationKind.PERSON, key=reply.owed.key, whole=True),)


def _by_field(fault: Fault) -> Fault:
    # What it means and why it is declined are one question on the page.
    return replace(fault, pointer="/means") if fault.pointer == "/because" else fault


def _is_of(mail: ReturnedMail, about: NoticeRecord, directory: Directory) -> bool:
    agency = directory.answers_for(about.notice.party.agency)
    return any(
        contact.agency == agency and contact.address.casefold() == mail.sender.casefold()
        for contact in directory.contacts
    )
