"""A decision into words, from the permitted facts alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from hub.calendar import LONDON
from hub.compose.closing import pack_named
from hub.compose.facts import FACT_CLASSES, facts_for
from hub.compose.leaving import MustBeSaid, written_without
from hub.compose.mime import Mail, UnfitForHeader, email_bytes, fit_address
from hub.compose.printed import printed_for
from hub.compose.sender import Sender
from hub.compose.text_message import text_bytes
from hub.compose.webhook_body import webhook_bytes
from hub.compose.words import NoWords, Words, WordsFaults, load_words, words_faults
from hub.concern import Concern
from hub.decision import Notify
from hub.directory import Contact, Directory, Endpoint, carries
from hub.events.envelope import Event
from hub.notice import Delivery, Notice
from hub.pack.rules import Pack
from hub.vocabulary import (
    Channel,
    DeliveryId,
    HubError,
    InfoClass,
    Mint,
    NoticeId,
)

__all__ = [
    "FACT_CLASSES",
    "MayNotExist",
    "MustBeSaid",
    "NoWords",
    "Sender",
    "UnfitForHeader",
    "Words",
    "WordsFaults",
    "compose",
    "facts_for",
    "fit_for",
    "load_words",
    "readdress",
    "words_faults",
]


class MayNotExist(HubError):
    """A notice cannot be written to a party that may not be told that the process exists (C0)."""


def compose(  # noqa: PLR0913, PLR0917  # the ten things the bytes depend on
    decision: Notify,
    concern: Concern,
    event: Event,
    words: Words,
    directory: Directory,
    pack: Pack,
    sender: Sender,
    mint: Mint,
    now: datetime,
    left_out: frozenset[str] = frozenset(),
) -> tuple[Notice, tuple[Delivery, ...]]:
    """Return the notice for one party, and its deliveries with their bytes.

    One message, by the way that its address says, goes to the first usable contact, and one
    webhook to each endpoint, of the party's agency and role, that may carry what the notice says.
    `concern` is the concern after `event`; `now` is UTC; `left_out` are facts that two people keep
    out of this notice. Raises MayNotExist, NoWords, MustBeSaid, or UnfitForHeader for a sender that
    mail cannot carry.
    """
    classes = frozenset(one.info for one in decision.shared)
    if InfoClass.PROCESS not in classes:
        raise MayNotExist(f"({decision.party.agency}, {decision.party.role})")
    id_ = NoticeId(mint.id())
    code = mint.code()
    facts = facts_for(decision, concern, event, pack, directory, sender, id_, code)
    written = written_without(words, decision.notice, decision.party.role, facts, left_out)
    notice = Notice(
        id=id_,
        decision=decision.id,
        concern=concern.id,
        event=event.id,
        party=decision.party,
        template=decision.notice,
        reference=concern.reference,
        classes=classes,
        required=decision.required,
        lane=decision.lane,
        reply_due=decision.reply_due,
        text=written.text,
        html=written.html,
        facts=tuple((name, facts[name]) for name in written.shown),
        ack_code=code,
        composed_at=now,
        printed=printed_for(words.printed, decision.notice, decision.party, facts),
    )
    return notice, tuple(_deliveries(notice, directory, sender, mint, now))


def readdress(
    notice: Notice,
    delivery: Delivery | None,
    contact: Contact,
    sender: Sender,
    mint: Mint,
    now: datetime,
) -> Delivery:
    """Return the same notice for the next contact, instead of a delivery that led to nobody.

    None: there was none to begin with.
    """
    instead_of = delivery.id if delivery else None
    return _to_contact(notice, contact, sender, mint, now, instead_of=instead_of)


def fit_for(notice: Notice, contact: Contact) -> bool:
    """Whether this notice can be written to this mailbox at all, whatever it may carry.

    A system reads what MESH brings, and pages to be printed for people come with a mail alone. A
    text says only that there is a message: it stands for no notice that says more than class C0.
    """
    if contact.channel is Channel.MESH:
        return bool(contact.mesh_mailbox) and not notice.printed
    if contact.channel is Channel.SMS:
        bare = notice.classes <= {InfoClass.PROCESS} and not notice.printed
        return bool(contact.telephone) and bare
    return fit_address(contact.address)


def _deliveries(
    notice: Notice, directory: Directory, sender: Sender, mint: Mint, now: datetime
) -> Iterator[Delivery]:
    agency, role = notice.party.agency, notice.party.role
    on = now.astimezone(LONDON).date()
    # A mailbox that no header can carry must not stop the notice: the next one is told.
    fit = (
        contact
        for contact in directory.contacts_of(agency, role)
        if fit_for(notice, contact) and notice.classes <= carries(contact, on)
    )
    contact = next(fit, None)
    if contact is not None:
        yield _to_contact(notice, contact, sender, mint, now)
    for endpoint in directory.endpoints_of(agency, role):
        if notice.classes <= carries(endpoint, on):
            yield _webhook(notice, endpoint, sender, mint, now)


def _to_contact(
    notice: Notice,
    contact: Contact,
    sender: Sender,
    mint: Mint,
    now: datetime,
    instead_of: DeliveryId | None = None,
) -> Delivery:
    id_ = DeliveryId(mint.id())
    if contact.channel is Channel.MESH:
        body = webhook_bytes(notice, id_, sender)
        where = contact.mesh_mailbox
    elif contact.channel is Channel.SMS:
        body = text_bytes(notice.reference)
        where = contact.id  # no number: what shares a breaker is logged and kept
    else:
        body = _email_bytes(notice, id_, contact, sender, now)
        where = contact.address.rpartition("@")[2].lower()
    return Delivery(
        id=id_,
        notice=notice.id,
        concern=notice.concern,
        party=notice.party,
        channel=contact.channel,
        target=contact.id,
        dest=f"{contact.channel}:{where}",
        lane=notice.lane,
        classes=notice.classes,
        body=body,
        sha256=sha256(body).hexdigest(),
        due_at=now,
        instead_of=instead_of,
    )


def _email_bytes(
    notice: Notice, id_: DeliveryId, contact: Contact, sender: Sender, now: datetime
) -> bytes:
    mail = Mail(
        delivery=id_,
        to=contact.address,
        reference=notice.reference,
        text=notice.text,
        html=notice.html,
        lane=notice.lane,
        sent=now,
        pack=" ".join(pack_named(dict(notice.facts)).values()),
        files=notice.printed,
    )
    return email_bytes(mail, sender)


def _webhook(
    notice: Notice, endpoint: Endpoint, sender: Sender, mint: Mint, now: datetime
) -> Delivery:
    id_ = DeliveryId(mint.id())
    body = webhook_bytes(notice, id_, sender)
    return Delivery(
        id=id_,
        notice=notice.id,
        concern=notice.concern,
        party=notice.party,
        channel=Channel.WEBHOOK,
        target=endpoint.id,
        dest=f"webhook:{endpoint.id}",
        lane=notice.lane,
        classes=notice.classes,
        body=body,
        sha256=sha256(body).hexdigest(),
        due_at=now,
    )
