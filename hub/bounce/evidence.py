"""What a returned mail proves, and what follows from it: claims are never higher than the proof.

A success counts only where a mail server that this hub trusts reports it; a failure counts
whoever reports it, for it can only lower what is claimed (receipts.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from hub.bounce.correlate import About
from hub.bounce.mail import Filing, Group, ReadAs, ReturnedMail, Sent, Sorted
from hub.concern import Party
from hub.escalate import PERSON_WITHIN, reach_instead_of, replace_contact
from hub.escalate.owed import key_of
from hub.leaf import leaf
from hub.notice import is_drill
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge
from hub.receipt import Receipt, height
from hub.vocabulary import AttemptId, Mint, Role, Rung, Setback

SOURCE: Final = "mail"
"""What these receipts are from."""

_FAILED: Final = frozenset({"failed", "failure", "error", "expired"})
_DELAYED: Final = "delayed"

_SAYS: Final = {
    ReadAs.READ_RECEIPT: "a read receipt came back; it is kept, and proves nothing",
    ReadAs.ABUSE_REPORT: "an abuse report came back; it is kept",
    ReadAs.AUTOMATIC_REPLY: "an automatic reply came back; it is no answer",
    ReadAs.HUMAN_REPLY: "somebody replied; a person must read it",
    ReadAs.UNREADABLE: "a mail came back that cannot be read by a machine; a person must read it",
}
_DISAGREE: Final = "a mail came back whose marks name different deliveries; a person must read it"
_FOR_A_PERSON: Final = frozenset({ReadAs.HUMAN_REPLY, ReadAs.UNREADABLE})


def file(
    mail: ReturnedMail,
    found: Sorted,
    about: About,
    *,
    trusted: Collection[str],
    now: datetime,
    mint: Mint,
) -> Filing:
    """Return all that is written of one mail: receipts, what is owed now, and its leaf.

    `trusted` are the names of mail servers, in lower case, whose word of success counts.
    """
    sent = about.sent
    if sent is None:
        note = leaf("mail.read", now, mail=mail.id, read_as=str(found.read_as))
        return Filing(mail=mail.id, read_as=found.read_as, concern=None, leaves=(note,))
    receipts = _receipts(mail, found, about, sent, trusted)
    lost = any(receipt.setback in _LOST for receipt in receipts)
    owed = [*_in_its_place(found, sent, now, mint)] if lost else []
    if about.disagree or found.read_as in _FOR_A_PERSON:
        said = _DISAGREE if about.disagree else _SAYS[found.read_as]
        owed.append(_person(mail, sent, said, now, mint))
    note = leaf(
        "mail.read",
        now,
        sent.delivery.concern,
        mail=mail.id,
        read_as=str(found.read_as),
        delivery=sent.delivery.id,
        notice=sent.delivery.notice,
        failed=lost,
        disagree=about.disagree,
    )
    filing = Filing(
        mail=mail.id,
        read_as=found.read_as,
        concern=sent.delivery.concern,
        receipts=receipts,
        obligations=tuple(owed),
        leaves=(note,),
    )
    return _settled(filing, sent, now) if _proves_it_came(receipts, sent) else filing


def _proves_it_came(receipts: Sequence[Receipt], sent: Sent) -> bool:
    """Whether a try that is in doubt is proven to have been received, by that very try.

    What is in doubt is tried again with the same bytes; once it is known to be there, to try it
    again could only tell somebody twice. A try that still waits for its answer is in doubt too: a
    report may come minutes before we give up waiting. A failure in the same report proves nothing.
    """
    ours = [receipt for receipt in sent.receipts if receipt.source != SOURCE]
    answered = {r.attempt for r in ours if r.setback is not Setback.IN_DOUBT}
    doubted = set(sent.attempts) - answered
    if any(receipt.setback in _LOST for receipt in receipts):
        return False
    return any(
        receipt.rung is not None
        and height(receipt.rung) >= height(Rung.RELAYED)
        and receipt.attempt is not None
        and receipt.attempt in doubted
        for receipt in receipts
    )


def _settled(filing: Filing, sent: Sent, now: datetime) -> Filing:
    delivery = sent.delivery
    ids = {"delivery": delivery.id, "notice": delivery.notice, "mail": filing.mail}
    moot = (ObligationKind.REACH, ObligationKind.PERSON)
    return replace(
        filing,
        received=delivery.id,
        discharges=tuple(Discharge(kind=kind, key=key_of(delivery)) for kind in moot),
        leaves=(*filing.leaves, leaf("delivery.received", now, delivery.concern, **ids)),
    )


def _in_its_place(found: Sorted, sent: Sent, now: datetime, mint: Mint) -> Iterator[Obligation]:
    """Yield what a failure brings: the next contact now; where it is for good, another contact."""
    if not is_drill(sent.delivery.concern):
        yield reach_instead_of(sent.delivery, now, mint)
    if any(group.status[:1] == "5" for group in found.groups):
        yield replace_contact(sent.delivery, sent.host_authority, now, mint)


def claim(group: Group, *, trusted: bool, late: bool) -> tuple[Rung | None, Setback | None]:
    """Return what one recipient's group supports: a rung, a setback, or neither.

    `late`: there was a success before. `Action: failed` is believed whatever the status says
    (4.4.7 is how a queue gives up). A success needs a status of success too.
    """
    if group.action in _FAILED or (group.action not in _KNOWN and group.status[:1] == "5"):
        return None, Setback.LATE_FAILURE if late else Setback.FAILED
    if group.action == _DELAYED or (group.action not in _KNOWN and group.status[:1] == "4"):
        return None, Setback.DELAYED
    if not trusted or group.status[:1] != "2":
        return None, None
    return _RUNGS.get(group.action, _nothing)(group), None


def _delivered(group: Group) -> Rung:
    """Placed in a mailbox, or handed to another server? Some call both `delivered` (Exim does).

    Only a local agent's own words, of no standard's type, and no other server prove the first.
    """
    local = group.diagnostic_type.startswith("x-") and not group.remote
    return Rung.DELIVERED if local else Rung.RELAYED


def _nothing(_: Group) -> None:
    return None


_RUNGS: Final = {
    "delivered": _delivered,
    "relayed": lambda _: Rung.RELAYED,
    "expanded": lambda _: Rung.EXPANDED,
}
_KNOWN: Final = frozenset({*_RUNGS, *_FAILED, _DELAYED})
_LOST: Final = frozenset({Setback.FAILED, Setback.LATE_FAILURE})


def _receipts(
    mail: ReturnedMail, found: Sorted, about: About, sent: Sent, trusted: Collection[str]
) -> tuple[Receipt, ...]:
    kept = (
        ("mail", mail.id),
        ("read as", str(found.read_as)),
        ("matched by", ", ".join(about.matched)),
    )
    if about.disagree:
        return (_receipt(mail, sent, None, _DISAGREE, kept),)
    if found.read_as is not ReadAs.DELIVERY_REPORT:
        why = (("why", found.why),) if found.why else ()
        return (_receipt(mail, sent, about.attempt, _SAYS[found.read_as], (*kept, *why)),)
    believed = found.reporter in trusted
    late = any(
        r.rung is not None and height(r.rung) >= height(Rung.SUBMITTED) and not r.fenced
        for r in sent.receipts
    )
    made = []
    for group in found.groups:
        rung, setback = claim(group, trusted=believed, late=late)
        evidence = (*kept, *_reported(found, group, believed=believed))
        said = _said(found, group, counted=rung is not None or setback is not None)
        made.append(_receipt(mail, sent, about.attempt, said, evidence, rung=rung, setback=setback))
    return tuple(dict.fromkeys(made))


def _receipt(
    mail: ReturnedMail,
    sent: Sent,
    attempt: AttemptId | None,
    detail: str,
    evidence: tuple[tuple[str, str], ...],
    *,
    rung: Rung | None = None,
    setback: Setback | None = None,
) -> Receipt:
    return Receipt(
        notice=sent.delivery.notice,
        delivery=sent.delivery.id,
        attempt=attempt,
        # When it came, by our clock: what a report says of its own time nobody can check.
        at=mail.received,
        source=SOURCE,
        rung=rung,
        setback=setback,
        detail=detail,
        evidence=evidence,
    )


def _said(found: Sorted, group: Group, *, counted: bool) -> str:
    by = "read from a mail server's own words" if found.in_words else "reported by a mail server"
    status = f" ({group.status})" if group.status else ""
    uncounted = "" if counted else ", which is not taken for proof"
    known = group.action if group.action in _KNOWN else "an action nobody knows"
    return f"{known}{status}, {by}{uncounted}"


def _reported(found: Sorted, group: Group, *, believed: bool) -> tuple[tuple[str, str], ...]:
    pairs = (
        ("reporting server", found.reporter),
        ("trusted", "yes" if believed else "no"),
        ("action", group.action),
        ("status", group.status),
        ("diagnostic", f"{group.diagnostic_type}; {group.diagnostic}".strip("; ")),
        ("remote server", group.remote),
        ("final recipient", group.final),
        ("original recipient", group.original),
        ("envelope id", found.envelope_id),
    )
    return tuple((name, value) for name, value in pairs if value)


def _person(mail: ReturnedMail, sent: Sent, said: str, now: datetime, mint: Mint) -> Obligation:
    delivery = sent.delivery
    host = sent.host_authority
    return Obligation(
        id=mint.id(),
        concern=delivery.concern,
        kind=ObligationKind.PERSON,
        party=delivery.party if host is None else Party(agency=host, role=Role.HOST_AUTHORITY),
        due=now + PERSON_WITHIN[delivery.lane],
        opened_at=now,
        # Of its own: that the notice was taken later does not read this mail.
        key=f"mail:{mail.id}",
        notice=delivery.notice,
        delivery=delivery.id,
        says=f"{delivery.party.agency} ({delivery.party.role}): {said}",
    )
